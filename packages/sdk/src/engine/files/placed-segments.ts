import { decodeMp3 } from '../../codecs/mp3/mp3-decoding.ts';
import { readOggOpus } from '../../codecs/read-ogg-opus.ts';
import { Resampler } from '../../codecs/resampler.ts';
import { wasmCodecs } from '../../codecs/wasm/wasm-codecs.ts';
import { WAV_HEADER_BYTES, fromPcm16 } from '../../codecs/wav.ts';
import { TurntapeError } from '../../core/errors.ts';
import type { SegmentWire, SessionWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { readAudio } from '../../storage/segments.ts';
import { openOpusDecoder } from './opus-decoder.ts';
import { type Pcm, type Placed, continuous } from './placed.ts';

/** A segment whose own wall time is so far from what its epoch says is of another timeline, in milliseconds. */
const ANOTHER_TIMELINE_MS = 500;

/**
 * Where a segment's file begins on the session's timeline, in milliseconds. A session that was started again under its id has
 * a new timeline: what was spoken before has its place by the wall clock, before the beginning. Throws `storage_failed`:
 * nobody knows.
 */
export function segmentStartMs(segment: SegmentWire, session: SessionWire): number {
  const wallMs = Date.parse(segment.started_at);
  // A run that has heard nothing yet has no timeline of its own: nothing is of it.
  const isOver = session.epochs.length === 0 || wallMs + segment.duration_ms <= beganAt(session);
  const epoch = session.epochs.find((each) => each.epoch === segment.clock_epoch);
  if (isOver && (!epoch || Math.abs(wallMsOf(segment, epoch) - wallMs) > ANOTHER_TIMELINE_MS))
    return wallMs - beganAt(session);
  if (!epoch)
    throw new TurntapeError('storage_failed', `segment ${segment.segment_id} is of an epoch that is not known`);
  return ((segment.start_frame + epoch.session_frame_offset) / epoch.clock_rate) * 1000;
}

function wallMsOf({ start_frame }: SegmentWire, { wall_anchor, clock_rate }: SessionWire['epochs'][number]): number {
  return wall_anchor.wall_ms + ((start_frame - wall_anchor.frame) / clock_rate) * 1000;
}

/** Wall time of the timeline's beginning, milliseconds since 1970; of a session that heard nothing, of its start. */
export function beganAt(session: SessionWire): number {
  const [first] = session.epochs;
  if (!first) return Date.parse(session.started_at);
  const { frame, wall_ms } = first.wall_anchor;
  return wall_ms - ((frame + first.session_frame_offset) / first.clock_rate) * 1000;
}

/** One speaker's turns on the timeline over [from, to), counted in samples of `rate`; what lies between is silence. */
export function segmentsPcm(
  db: TurntapeDatabase,
  session: SessionWire,
  segments: readonly SegmentWire[],
  { from, to, rate }: { from: number; to: number; rate: number },
): Pcm {
  const sample = (ms: number): number => Math.round((ms / 1000) * rate);
  const within = segments
    .map((segment) => ({ segment, startMs: segmentStartMs(segment, session) }))
    .filter(({ segment, startMs }) => sample(startMs) < to && sample(startMs + segment.duration_ms) > from)
    .sort((a, b) => a.startMs - b.startMs);
  return continuous(pieces(), from, to);

  async function* pieces(): AsyncGenerator<Placed> {
    for (const { segment, startMs } of within) {
      const file = await readAudio(db, segment.segment_id);
      if (!file) continue;
      let at = sample(startMs);
      const resampler = new Resampler(segment.sample_rate, rate);
      for await (const decoded of decodeSegment(segment, file)) {
        const samples = resampler.process(decoded);
        yield { at, samples };
        at += samples.length;
      }
      yield { at, samples: resampler.flush() };
    }
  }
}

/** A segment's file, decoded piece by piece at its own rate. Throws `unsupported_format` for MP3. */
export async function* decodeSegment(segment: SegmentWire, file: ArrayBuffer): Pcm {
  if (segment.capture.sealed)
    throw new TurntapeError('storage_failed', 'the turns are sealed for the backend: nobody here can read them');
  if (segment.format === 'wav') {
    const pcm = new Int16Array(file, WAV_HEADER_BYTES);
    // A second at a time: a turn of five minutes is 29 MB, and would be as much again twice over.
    for (let at = 0; at < pcm.length; at += segment.sample_rate)
      yield fromPcm16(pcm.subarray(at, at + segment.sample_rate));
    return;
  }
  if (segment.format === 'mp3') {
    yield* decodeMp3(new Uint8Array(file), await wasmCodecs.loadMp3Decoder());
    return;
  }
  const { packets, preSkip, samples } = readOggOpus(new Uint8Array(file));
  const decoder = await openOpusDecoder();
  let at = -preSkip;
  const trimmed = (decoded: readonly Float32Array[]): Float32Array[] =>
    decoded.map((piece) => {
      const part = piece.subarray(Math.max(0, -at), Math.max(0, samples - at));
      at += piece.length;
      return part;
    });
  try {
    for (const packet of packets) {
      await decoder.decode(packet);
      yield* trimmed(decoder.take());
    }
    yield* trimmed(await decoder.flush());
  } finally {
    decoder.close();
  }
}
