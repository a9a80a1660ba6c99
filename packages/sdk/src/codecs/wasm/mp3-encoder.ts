import { createEncoder } from 'wasm-media-encoders/esnext';
import { TurntapeError } from '../../core/errors.ts';
import { fetchAsset } from '../fetch-asset.ts';
import type { Mp3Encoding, Mp3Engine, Mp3Settings } from '../mp3/mp3-engine.ts';

/** `dist/mp3.encoder.js`: LAME in WebAssembly, which the engine imports when MP3 is asked for. */
const LIBRARY = 'wasm-media-encoders 0.7.0, LAME 3.100';

type Lame = Awaited<ReturnType<typeof createEncoder<'audio/mpeg'>>>;
type LameBitrate = NonNullable<Parameters<Lame['configure']>[0]['bitrate']>;
type LameRate = NonNullable<Parameters<Lame['configure']>[0]['outputSampleRate']>;

/**
 * LAME makes what it encodes quieter, by so much at a bitrate and below (its `presets.c`), as a headroom for players. A
 * record has the level of what was said.
 */
const LAME_SCALES = [
  [160_000, 0.95],
  [192_000, 0.97],
  [224_000, 0.98],
] as const;

/** Fetches and compiles LAME. Errors: `asset_not_found`, `encoder_failed`. */
export async function loadMp3Encoder(wasmUrl: string): Promise<Mp3Engine> {
  const bytes = await fetchAsset(wasmUrl, 'the WebAssembly of the MP3 encoder', 'encoder_failed');
  return startMp3Encoder(bytes);
}

/** The same from the bytes of `lame.wasm`. */
export async function startMp3Encoder(wasm: ArrayBuffer): Promise<Mp3Engine> {
  const module = await WebAssembly.compile(wasm);
  const make = (): Promise<Lame> => createEncoder('audio/mpeg', module);
  // The first one shows that it runs at all.
  const spare: Lame[] = [await make()];
  return {
    name: 'wasm',
    library: LIBRARY,
    async open(settings) {
      return new LameEncoding(spare.pop() ?? (await make()), settings, (lame) => spare.push(lame));
    },
  };
}

class LameEncoding implements Mp3Encoding {
  readonly #lame: Lame;
  readonly #letGo: (lame: Lame) => void;
  readonly #gain: number;
  #closed = false;

  constructor(lame: Lame, settings: Mp3Settings, letGo: (lame: Lame) => void) {
    this.#lame = lame;
    this.#letGo = letGo;
    this.#gain = 1 / (LAME_SCALES.find(([bitrate]) => settings.bitrate <= bitrate)?.[1] ?? 1);
    lame.configure({
      channels: settings.numChannels,
      sampleRate: settings.sampleRate,
      outputSampleRate: settings.sampleRate as LameRate,
      bitrate: (settings.bitrate / 1000) as LameBitrate,
    });
  }

  encode(channels: readonly Float32Array[]): Uint8Array {
    const louder = channels.map((samples) => samples.map((sample) => sample * this.#gain));
    return this.#run(() => this.#lame.encode(louder));
  }

  finish(): Uint8Array {
    return this.#run(() => this.#lame.finalize());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#letGo(this.#lame);
  }

  /** What it gives is a view of its memory, which the next call overwrites. */
  #run(work: () => Uint8Array): Uint8Array {
    if (this.#closed) throw new TurntapeError('aborted', 'the MP3 encoder was closed');
    try {
      return work().slice();
    } catch (cause) {
      throw new TurntapeError('encoder_failed', 'LAME failed', { cause });
    }
  }
}
