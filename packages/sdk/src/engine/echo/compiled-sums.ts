import { ECHO_KERNEL } from './echo-kernel.wasm.ts';
import { APART, type EchoSignals, type EchoSums, explainedBy, type Fit, PIECE, RIDGE } from './echo-sums.ts';

interface Kernel {
  memory: WebAssembly.Memory;
  likelyDelays(
    mic: number,
    reference: number,
    length: number,
    count: number,
    scores: number,
    found: number,
    wanted: number,
    apart: number,
  ): number;
  filter(samples: number, weights: number, taps: number, step: number, count: number, out: number): void;
  residual(mic: number, played: number, weights: number, taps: number, count: number, out: number): void;
  power(samples: number, length: number): number;
  spread(samples: number, length: number, piece: number): number;
  fit(
    mic: number,
    reference: number,
    length: number,
    size: number,
    ridge: number,
    matrix: number,
    common: number,
    weights: number,
  ): number;
}

const PAGE_BYTES = 65_536;
/** Loads of four numbers at once are quickest where they begin at a multiple of 16. */
const ALIGNED_BYTES = 16;

/** The sums as WebAssembly; undefined where a policy forbids it or the browser has no SIMD: nothing is lost by that but time. */
export function compiledSums(): EchoSums | undefined {
  const kernel = loadKernel();
  return kernel && new CompiledSums(kernel);
}

function loadKernel(): Kernel | undefined {
  // iOS in lockdown mode has none.
  if (!('WebAssembly' in globalThis)) return undefined;
  const binary = Uint8Array.from(atob(ECHO_KERNEL), (char) => char.charCodeAt(0));
  if (!WebAssembly.validate(binary)) return undefined;
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
    return exports as unknown as Kernel;
  } catch {
    // `script-src` without `wasm-unsafe-eval`.
    return undefined;
  }
}

/** Copies in what is asked of, and out what comes of it: a few microseconds. */
class CompiledSums implements EchoSums {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  likelyDelays({ mic, reference, lead }: EchoSignals, count: number, wanted: number): readonly number[] {
    const { length } = mic;
    const [ofMic, ofReference, scores, found] = this.#places([4 * length, 4 * (count + length), 4 * count, 4 * wanted]);
    this.#write(ofMic, mic);
    this.#write(ofReference, reference.subarray(lead - count, lead + length));
    const first = ofReference + 4 * count;
    const many = this.#kernel.likelyDelays(ofMic, first, length, count, scores, found, wanted, APART);
    return [...new Int32Array(this.#memory, found, many)];
  }

  filter(samples: Float32Array, weights: Float32Array, step: number, count: number): Float32Array {
    const [ofSamples, ofWeights, out] = this.#places([4 * samples.length, 4 * weights.length, 4 * count]);
    this.#write(ofSamples, samples);
    this.#write(ofWeights, weights);
    this.#kernel.filter(ofSamples, ofWeights, weights.length, step, count, out);
    return new Float32Array(this.#memory, out, count).slice();
  }

  residual(mic: Float32Array, played: Float32Array, weights: Float32Array): Float32Array {
    const bytes = [4 * mic.length, 4 * played.length, 4 * weights.length, 4 * mic.length] as const;
    const [ofMic, ofPlayed, ofWeights, out] = this.#places(bytes);
    this.#write(ofMic, mic);
    this.#write(ofPlayed, played);
    this.#write(ofWeights, weights);
    this.#kernel.residual(ofMic, ofPlayed, ofWeights, weights.length, mic.length, out);
    return new Float32Array(this.#memory, out, mic.length).slice();
  }

  power(samples: Float32Array): number {
    return this.#kernel.power(this.#only(samples), samples.length);
  }

  spread(samples: Float32Array): number {
    return this.#kernel.spread(this.#only(samples), samples.length, PIECE);
  }

  fit(mic: Float32Array, reference: Float32Array, start: number, size: number): Fit | undefined {
    const bytes = [4 * mic.length, 4 * (mic.length + size + 1), 8 * size * size, 8 * size, 8 * size] as const;
    const [ofMic, ofReference, matrix, ofCommon, ofWeights] = this.#places(bytes);
    this.#write(ofMic, mic);
    this.#write(ofReference, reference.subarray(start - size, start + mic.length + 1));
    const first = ofReference + 4 * size;
    const kept = this.#kernel.fit(ofMic, first, mic.length, size, RIDGE, matrix, ofCommon, ofWeights);
    if (kept === 0) return undefined;
    const weights = new Float64Array(this.#memory, ofWeights, size).slice();
    return { weights, explained: explainedBy(weights, new Float64Array(this.#memory, ofCommon, size), kept) };
  }

  get #memory(): ArrayBuffer {
    return this.#kernel.memory.buffer;
  }

  #write(place: number, samples: Float32Array): void {
    new Float32Array(this.#memory, place, samples.length).set(samples);
  }

  /** Where these samples lie, and nothing else. */
  #only(samples: Float32Array): number {
    const [place] = this.#places([4 * samples.length]);
    this.#write(place, samples);
    return place;
  }

  /** Places for so many bytes each, one behind the other. What lay there is overwritten. */
  #places<const Bytes extends readonly number[]>(bytes: Bytes): { [Each in keyof Bytes]: number } {
    let end = ALIGNED_BYTES; // nothing lies at 0
    const places = bytes.map((each) => {
      const place = end;
      end += Math.ceil(each / ALIGNED_BYTES) * ALIGNED_BYTES;
      return place;
    });
    const missing = end - this.#memory.byteLength;
    if (missing > 0) this.#kernel.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return places as { [Each in keyof Bytes]: number };
  }
}
