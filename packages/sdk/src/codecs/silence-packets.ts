import { TurntapeError } from '../core/errors.ts';
import { LIBOPUS_PRE_SKIP, opusPacketFrames } from './opus-head.ts';

/** A range of a file, in decoded samples from its start, `to` exclusive. */
export interface SampleRange {
  from: number;
  to: number;
}

export interface SilencedPackets {
  packets: Uint8Array[];
  /** Coded frames after the last packet. */
  end: number;
  /** How many packets were replaced. */
  touched: number;
}

/** CELT, full band, mono: the first of four configurations, of 2.5, 5, 10 and 20 ms. */
const FIRST_FULL_BAND = 28;
const FRAMES_2_5_MS = 120;
const FRAMES_20_MS = 960;
/** The range coder's way to say "silence" with its first symbol. */
const SILENT_FRAME = [0xff, 0xfe] as const;

/** An Opus packet of this many frames at 48 kHz that decodes to digital silence and empties the decoder's memory. */
export function silencePacket(frames: number): Uint8Array {
  const size = [0, 1, 2, 3].find((each) => FRAMES_2_5_MS << each === frames);
  if (size !== undefined) return Uint8Array.of((FIRST_FULL_BAND + size) << 3, ...SILENT_FRAME);
  const count = frames / FRAMES_20_MS;
  if (!Number.isInteger(count) || count < 1 || count > 6)
    throw new TurntapeError('storage_failed', `no Opus packet has ${frames} frames`);
  // Several frames of one size in a packet (RFC 6716, 3.2.5).
  return Uint8Array.of(
    ((FIRST_FULL_BAND + 3) << 3) | 3,
    count,
    ...Array.from({ length: count }, () => SILENT_FRAME).flat(),
  );
}

/**
 * Replaces every packet that was made from audio of the range, and every one that sounds in it, by silence. `start` is
 * the first coded frame of these packets in their stream.
 *
 * A packet knows nothing after its own last input frame, which comes out of the decoder `LIBOPUS_PRE_SKIP` frames
 * later. So the first packet replaced begins to sound at least that long before the range, and the sound before it rings
 * out there: within the range every sample is 0. After it the decoder has forgotten what it heard: no old sound comes
 * back. The packets after the hole were predicted from audio that is gone, so the first few of them sound a little
 * different: see `docs/decisions/0009-redaction.md`.
 */
export function silencePackets(
  packets: readonly Uint8Array[],
  start: number,
  preSkip: number,
  { from, to }: SampleRange,
): SilencedPackets {
  const lookAhead = LIBOPUS_PRE_SKIP - preSkip;
  let at = start;
  let touched = 0;
  const silenced = packets.map((packet) => {
    const frames = opusPacketFrames(packet);
    const first = at - preSkip;
    at += frames;
    if (from >= to || at + lookAhead <= from || first >= to) return packet;
    touched += 1;
    return silencePacket(frames);
  });
  return { packets: silenced, end: at, touched };
}
