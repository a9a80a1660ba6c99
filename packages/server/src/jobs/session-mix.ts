import { open, type FileHandle } from 'node:fs/promises';

/** Bytes of one sample. */
const SAMPLE_BYTES = 2;

/**
 * A session's sound on disk, interleaved 16-bit samples: segments are added at their place, one at a time, so that no
 * more than one of them is ever in memory.
 */
export class SessionMix {
  readonly #file: FileHandle;
  readonly #channels: number;
  #frames = 0;

  private constructor(file: FileHandle, channels: number) {
    this.#file = file;
    this.#channels = channels;
  }

  static async create(path: string, channels: number): Promise<SessionMix> {
    return new SessionMix(await open(path, 'wx+', 0o600), channels);
  }

  /** Frames from the first to the end of the last that was added. */
  get frames(): number {
    return this.#frames;
  }

  /** Adds mono samples from this frame on to one channel, over what is there; too loud becomes loudest. */
  async add(samples: Buffer, startFrame: number, channel: number): Promise<void> {
    const frames = Math.floor(samples.byteLength / SAMPLE_BYTES);
    const frameBytes = this.#channels * SAMPLE_BYTES;
    const place = Buffer.alloc(frames * frameBytes);
    // What lies behind the end of the file stays as it is here: silence.
    await this.#file.read(place, 0, place.byteLength, startFrame * frameBytes);
    for (let frame = 0; frame < frames; frame++) {
      const at = frame * frameBytes + channel * SAMPLE_BYTES;
      const sum = place.readInt16LE(at) + samples.readInt16LE(frame * SAMPLE_BYTES);
      place.writeInt16LE(Math.max(-32_768, Math.min(32_767, sum)), at);
    }
    await this.#file.write(place, 0, place.byteLength, startFrame * frameBytes);
    this.#frames = Math.max(this.#frames, startFrame + frames);
  }

  /** Everything, from the first frame. */
  read() {
    return this.#file.createReadStream({ start: 0, autoClose: false });
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
