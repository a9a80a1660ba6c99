import { DEFAULT_MP3_BITRATE } from './mp3-rates.ts';
import type { SegmentFormat } from './segment.ts';

/** What a file will be. */
export interface EstimateOptions {
  format: SegmentFormat;
  durationMs: number;
  /** WAV only, in Hz. Default 48000. */
  sampleRate?: number;
  /** Opus and MP3, bit/s for each channel. Default 32000, of MP3 64000. */
  bitrate?: number;
  /** Opus only. Default `variable`. */
  bitrateMode?: 'variable' | 'constant';
  /** Default 1. */
  numChannels?: 1 | 2;
}

const DEFAULT_OPUS_BITRATE = 32_000;
const WAV_HEADER_BYTES = 44;
/** Headers of Opus; a page for each second with a length for each packet. */
const OGG_HEADER_BYTES = 150;
const OGG_BYTES_PER_SECOND = 27 + 50;
/** Of what was asked for, files of spoken Opus at a variable bitrate have 0.92 to 1.05, all included: docs/bench.md. */
const VARIABLE = 0.98;

/**
 * How many bytes a file will have, to ask for room before it is made. WAV to the byte; MP3, and Opus of a constant bitrate,
 * within 5 % from ten seconds on; Opus of a variable bitrate within 10 % while somebody speaks, and less when nobody does.
 */
export function estimateBytes(options: EstimateOptions): number {
  const { format, durationMs, sampleRate = 48_000, bitrateMode = 'variable', numChannels = 1 } = options;
  const seconds = durationMs / 1000;
  if (format === 'wav') return WAV_HEADER_BYTES + Math.round(seconds * sampleRate) * numChannels * 2;
  const { bitrate = format === 'mp3' ? DEFAULT_MP3_BITRATE : DEFAULT_OPUS_BITRATE } = options;
  const audio = (seconds * bitrate * numChannels) / 8;
  if (format === 'mp3') return Math.round(audio);
  const rest = bitrateMode === 'variable' ? audio * (VARIABLE - 1) : seconds * OGG_BYTES_PER_SECOND;
  return Math.round(OGG_HEADER_BYTES + audio + rest);
}
