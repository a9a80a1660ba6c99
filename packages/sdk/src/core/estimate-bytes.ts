import { DEFAULT_MP3_BITRATE } from './mp3-rates.ts';
import type { SegmentFormat } from './segment.ts';

/** What a file will be. */
export interface EstimateOptions {
  format: SegmentFormat;
  durationMs: number;
  /** WAV and MP3, in Hz. Default 48000. */
  sampleRate?: number;
  /** Opus and MP3, bit/s for each channel. Default 32000, of MP3 64000. */
  bitrate?: number;
  /** Opus only. Default `variable`. */
  bitrateMode?: 'variable' | 'constant';
  /** Opus only: milliseconds of a packet. Default 20. */
  frameMs?: 10 | 20 | 40 | 60;
  /** Default 1. */
  numChannels?: 1 | 2;
  /**
   * Opus of a variable bitrate: for how long somebody speaks, all channels added up. What is left is a quiet room, which takes
   * less. Default: all the time.
   */
  speechMs?: number;
  /**
   * Opus, of a session file: for how long a channel holds digital silence, all channels added up: the bot's while it says
   * nothing, what was muted. It takes next to nothing. Default 0.
   */
  silentMs?: number;
}

const DEFAULT_OPUS_BITRATE = 32_000;
const WAV_HEADER_BYTES = 44;
/** Samples that MP3 puts before the first one; one more frame holds the exact length. */
const MP3_DELAY = 1105;

/** Two pages of headers, their packets and our name in them; a comment or two more move no estimate. */
const OGG_HEADER_BYTES = 103;
/** Of each page but its table: a page holds a second. */
const OGG_PAGE_BYTES = 27;
/** What libopus looks ahead is coded, too. In milliseconds. */
const LOOK_AHEAD_MS = 6.5;
/** A packet of 20 ms that says "silence". */
const SILENT_PACKET_BYTES = 3;

/**
 * What libopus makes of a bitrate that may vary, complexity 9, in parts of the bitrate: of speech with a quiet room behind it
 * (seven voices: each within 5 % of this, at 24 kbit/s and more within 3), and of that room alone. From 64 kbit/s on it
 * codes by transform alone, and a room takes as much as a voice. docs/decisions/0063-how-large-a-file-will-be.md.
 */
const VARIABLE: readonly { bitrate: number; speech: number; room: number }[] = [
  { bitrate: 12_000, speech: 0.955, room: 0.75 },
  { bitrate: 16_000, speech: 0.995, room: 0.76 },
  { bitrate: 24_000, speech: 0.98, room: 0.79 },
  { bitrate: 32_000, speech: 0.98, room: 0.81 },
  { bitrate: 48_000, speech: 0.99, room: 0.86 },
  { bitrate: 64_000, speech: 1.01, room: 1.01 },
];

/**
 * How many bytes a file will have, to ask for room before it is made. WAV to the byte. MP3, and Opus of a constant bitrate,
 * within 1 %. Opus of a variable bitrate within 5 % from ten seconds of speech on, in one file or in many, where `speechMs` and
 * `silentMs` say what is in it: a voice in a noisy room takes up to 7 % less at 16 kbit/s, one short turn up to 15 % more.
 */
export function estimateBytes(options: EstimateOptions): number {
  const { format, durationMs, sampleRate = 48_000, numChannels = 1 } = options;
  if (format === 'wav') return WAV_HEADER_BYTES + Math.round((durationMs / 1000) * sampleRate) * numChannels * 2;
  if (format === 'opus') return opusBytes(options);
  const { bitrate = DEFAULT_MP3_BITRATE } = options;
  const frameSamples = sampleRate < 32_000 ? 576 : 1152;
  const frames = 1 + Math.ceil(((durationMs / 1000) * sampleRate + MP3_DELAY) / frameSamples);
  return Math.round((frames * frameSamples * bitrate * numChannels) / 8 / sampleRate);
}

function opusBytes(options: EstimateOptions): number {
  const {
    durationMs,
    bitrate = DEFAULT_OPUS_BITRATE,
    bitrateMode = 'variable',
    frameMs = 20,
    numChannels = 1,
  } = options;
  const packets = Math.ceil((durationMs + LOOK_AHEAD_MS) / frameMs);
  const allMs = packets * frameMs * numChannels;
  const silentMs = Math.min(options.silentMs ?? 0, allMs);
  const speechMs = Math.min(options.speechMs ?? allMs, allMs - silentMs);
  const { speech, room } = bitrateMode === 'variable' ? variable(bitrate) : { speech: 1, room: 1 };
  const soundMs = speechMs * speech + (allMs - silentMs - speechMs) * room;
  const audio = (soundMs * bitrate) / 8000 + (silentMs / 20) * SILENT_PACKET_BYTES;
  // Each packet's length stands in its page, and in a stereo file that of the first channel in the packet.
  const lengths = packets * (numChannels + Math.floor(audio / packets / 255));
  const pages = Math.ceil(packets / Math.floor(1000 / frameMs));
  return Math.round(OGG_HEADER_BYTES + pages * OGG_PAGE_BYTES + lengths + audio);
}

/** Between two bitrates in a straight line. */
function variable(bitrate: number): { speech: number; room: number } {
  const above = VARIABLE.find((each) => each.bitrate >= bitrate) ?? VARIABLE.at(-1);
  const below = VARIABLE.findLast((each) => each.bitrate <= bitrate) ?? VARIABLE[0];
  if (!above || !below) throw new RangeError('the table is empty');
  const way = above === below ? 0 : (bitrate - below.bitrate) / (above.bitrate - below.bitrate);
  const at = (from: number, to: number): number => from + way * (to - from);
  return { speech: at(below.speech, above.speech), room: at(below.room, above.room) };
}
