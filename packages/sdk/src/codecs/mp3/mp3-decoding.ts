import { TurntapeError } from '../../core/errors.ts';
import { DECODER_DELAY } from './mp3-file.ts';
import { frameBytes, frameSamples, readMp3Header } from './mp3-header.ts';
import { readInfo } from './mp3-info.ts';

/** Something that decodes MP3. */
export interface Mp3DecoderEngine {
  /** Begins a stream. */
  open(): Promise<Mp3Decoding>;
}

/** One stream of whole frames on its way back to audio. */
export interface Mp3Decoding {
  /** The next frames, and what is known of the audio by then: mono, full scale 1. Throws `encoder_failed`. */
  decode(frames: Uint8Array): Float32Array;
  /** Frees the decoder. Harmless when repeated. */
  close(): void;
}

/** Audio that is decoded in one go: the decoder works on our thread. */
const BLOCK_MS = 200;

/**
 * The samples of a file that `writeMp3` wrote: exactly those that were encoded, since the Info frame says how many at both
 * ends are not audio. In pieces; whoever reads them lets others have their turn in between.
 * @throws TurntapeError `storage_failed`: the file is damaged.
 */
export async function* decodeMp3(
  file: Uint8Array,
  engine: Mp3DecoderEngine,
): AsyncGenerator<Float32Array, void, undefined> {
  const info = readInfo(file);
  if (!info) throw damaged('it does not begin with an Info frame');
  const places = framePlaces(file, frameBytes(info.header));
  const perFrame = frameSamples(info.header);
  const frames = places.length - 1;
  const perBlock = Math.max(1, Math.round(((BLOCK_MS / 1000) * info.header.sampleRate) / perFrame));
  let left = Math.max(0, frames * perFrame - info.delay - info.padding);
  let skip = info.delay + DECODER_DELAY;
  const decoding = await engine.open();
  try {
    for (let frame = 0; frame < frames && left > 0; frame += perBlock) {
      const end = Math.min(frames, frame + perBlock);
      const decoded = decoding.decode(file.subarray(places[frame], places[end]));
      const samples = decoded.subarray(skip, skip + left);
      skip -= Math.min(skip, decoded.length);
      left -= samples.length;
      yield samples;
    }
  } finally {
    decoding.close();
  }
}

/** Where each frame begins, from a place on, and where the last one ends. */
function framePlaces(file: Uint8Array, from: number): number[] {
  const places = [from];
  for (let at = from; at < file.length;) {
    const header = readMp3Header(file, at);
    if (!header) throw damaged(`there is no frame at byte ${at}`);
    at += frameBytes(header);
    if (at > file.length) throw damaged('its last frame is cut');
    places.push(at);
  }
  return places;
}

function damaged(how: string): TurntapeError {
  return new TurntapeError('storage_failed', `an MP3 file is damaged: ${how}`);
}
