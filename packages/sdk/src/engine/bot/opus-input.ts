import { type OpusDecoding, requireOpusPacket } from '../../codecs/opus-decoding.ts';
import { openOpusDecoding } from '../../codecs/webcodecs-opus-decoding.ts';
import { TurntapeError } from '../../core/errors.ts';

export interface OpusInputOptions {
  /** Frames at 48 kHz at the start that are no audio. */
  preSkip: number;
  /** The next audio, mono at 48 kHz. */
  onPcm: (samples: Float32Array) => void;
  onError: (error: TurntapeError) => void;
}

/** One stream of Opus packets from an app: audio comes out in the order in which they came. */
export class OpusInput {
  readonly #options: OpusInputOptions;
  readonly #opening: Promise<OpusDecoding>;
  #chain: Promise<unknown>;
  #toSkip: number;
  #failed = false;

  constructor(options: OpusInputOptions) {
    this.#options = options;
    this.#toSkip = options.preSkip;
    this.#opening = openOpusDecoding({ pcm: (samples) => this.#take(samples), error: (error) => this.#fail(error) });
    this.#chain = this.#opening.catch((thrown: unknown) => this.#fail(thrown));
  }

  /** Throws `invalid_argument` with the field `packet`; nothing is lost by it. */
  write(packet: Uint8Array): void {
    requireOpusPacket(packet);
    this.#next((decoding) => decoding.decode(packet));
  }

  /** Settles when everything written is out, or has failed; frees the decoder. */
  async end(): Promise<void> {
    this.#next(async (decoding) => {
      await decoding.flush();
      decoding.close();
    });
    await this.#chain;
  }

  #next(work: (decoding: OpusDecoding) => unknown): void {
    const before = this.#chain;
    const done = async (): Promise<void> => {
      await before;
      if (!this.#failed) await work(await this.#opening);
    };
    this.#chain = done().catch((thrown: unknown) => this.#fail(thrown));
  }

  #take(samples: Float32Array): void {
    const skipped = Math.min(this.#toSkip, samples.length);
    this.#toSkip -= skipped;
    if (skipped < samples.length) this.#options.onPcm(samples.subarray(skipped));
  }

  #fail(thrown: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    const known = thrown instanceof TurntapeError;
    const message = 'the Opus packets could not be decoded';
    this.#options.onError(
      known ? thrown : new TurntapeError('invalid_argument', message, { field: 'packet', cause: thrown }),
    );
  }
}
