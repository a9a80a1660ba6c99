import { joined } from '../joined.ts';
import type { Mp3Settings } from './mp3-engine.ts';
import { ENCODER_DELAY, MP3_DELAY, framesNeeded, infoHeader, paddingOf } from './mp3-file.ts';
import { HEADER_BYTES, type Mp3Header, frameBytes, frameSamples, mpegOf, readMp3Header } from './mp3-header.ts';
import { writeInfo } from './mp3-info.ts';
import { TurntapeError } from '../../core/errors.ts';

/**
 * A file of MP3 as it is encoded, for whoever cannot write its beginning last: the Info frame comes first and is exact,
 * since frames of a constant bitrate can be counted before they are there. What follows are the encoder's own frames.
 */
export class Mp3Stream {
  /** The Info frame. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** Samples of silence to encode behind the last one: they push it through the encoder. */
  readonly tailSamples: number;
  #left: number;
  #rest = new Uint8Array(0);

  /** `samples`: of each channel, what the file decodes to. */
  constructor({ bitrate, numChannels, sampleRate }: Mp3Settings, samples: number) {
    const header: Mp3Header = { mpeg: mpegOf(sampleRate), sampleRate, bitrate, numChannels, padded: false };
    const frames = framesNeeded(samples, frameSamples(header));
    const info = infoHeader(header);
    this.head = new Uint8Array(frameBytes(info));
    this.tailSamples = MP3_DELAY + 2 * frameSamples(header);
    this.#left = frames;
    writeInfo(this.head, info, {
      frames,
      bytes: this.head.length + audioBytes(header, frames),
      bitrate,
      delay: ENCODER_DELAY,
      padding: paddingOf(samples, frames, header),
      audioChecksum: 0,
    });
  }

  /** Of what the encoder gave, the whole frames that the file needs. Throws `encoder_failed` for what is no frame. */
  take(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const stream = joined([this.#rest, bytes]);
    let at = 0;
    while (this.#left > 0 && at + HEADER_BYTES <= stream.length) {
      const header = readMp3Header(stream, at);
      if (!header) throw new TurntapeError('encoder_failed', 'the MP3 encoder gave something that is no frame');
      if (at + frameBytes(header) > stream.length) break;
      at += frameBytes(header);
      this.#left -= 1;
    }
    this.#rest = this.#left > 0 ? stream.slice(at) : new Uint8Array(0);
    return stream.subarray(0, at);
  }
}

/** Bytes of so many frames. One has a byte more where the rate asks for it: LAME counts the fractions as ISO 11172-3 does. */
function audioBytes(header: Mp3Header, frames: number): number {
  const eighths = (frameSamples(header) / 8) * header.bitrate;
  const padded = Math.ceil(((frames - 1) * (eighths % header.sampleRate)) / header.sampleRate);
  return frames * frameBytes(header) + padded;
}
