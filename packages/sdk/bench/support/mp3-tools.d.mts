import type { Mp3DecoderEngine } from '../../src/codecs/mp3/mp3-decoding.ts';
import type { Mp3Engine } from '../../src/codecs/mp3/mp3-engine.ts';

export interface Mp3Tools {
  encoder: Mp3Engine;
  decoder: Mp3DecoderEngine;
  /** The channels that ffmpeg plays; throws what it complains of. */
  played(file: Uint8Array, numChannels?: number): Float32Array[];
  /** Where the file lies, until the next. */
  path(file: Uint8Array): string;
  close(): Promise<void>;
}

export function openMp3Tools(): Promise<Mp3Tools>;
export function voice(samples: number, rate: number): Float32Array<ArrayBuffer>;
