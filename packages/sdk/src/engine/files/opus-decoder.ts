import type { OpusDecoding } from '../../codecs/opus-decoding.ts';
import { openOpusDecoding } from '../../codecs/webcodecs-opus-decoding.ts';
import { TurntapeError } from '../../core/errors.ts';

/** Opens the decoder of one file. Errors: `asset_not_found`, `encoder_failed`, where the browser has none of its own. */
export async function openOpusDecoder(): Promise<OpusDecoder> {
  const out: Float32Array[] = [];
  const news: { failure?: TurntapeError } = {};
  const decoding = await openOpusDecoding(
    {
      pcm: (samples) => out.push(samples),
      error: (cause) => (news.failure = undecodable(cause)),
    },
    1,
  );
  return new OpusDecoder(decoding, out, news);
}

/** Decodes packets to mono and holds what came of them until it is taken. Gives every coded frame, pre-skip included. */
export class OpusDecoder {
  readonly #decoding: OpusDecoding;
  readonly #out: Float32Array[];
  readonly #news: { readonly failure?: TurntapeError };
  #given = false;

  /** @internal */
  constructor(decoding: OpusDecoding, out: Float32Array[], news: { readonly failure?: TurntapeError }) {
    this.#decoding = decoding;
    this.#out = out;
    this.#news = news;
  }

  /** Takes the next packet; waits when the decoder has enough to do. */
  async decode(packet: Uint8Array): Promise<void> {
    await this.#decoding.room();
    this.#check();
    this.#given = true;
    this.#decoding.decode(packet);
  }

  /** What has been decoded since the last call. */
  take(): Float32Array[] {
    return this.#out.splice(0);
  }

  /** The rest; the next packet begins a new stream. */
  async flush(): Promise<Float32Array[]> {
    this.#check();
    if (this.#given) await this.#decoding.flush().catch((thrown: unknown) => this.#fail(thrown));
    this.#given = false;
    return this.take();
  }

  close(): void {
    this.#decoding.close();
  }

  #check(): void {
    if (this.#news.failure) throw this.#news.failure;
  }

  /** The sink has heard why, as a rule. */
  #fail(thrown: unknown): never {
    throw this.#news.failure ?? undecodable(thrown);
  }
}

function undecodable(cause: unknown): TurntapeError {
  return new TurntapeError('encoder_failed', 'an Opus file could not be decoded', { cause });
}
