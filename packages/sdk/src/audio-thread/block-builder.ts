import { BLOCK_FRAMES } from '../core/messages/audio-setup.ts';
import { EPOCH_BREAK_MS } from '../core/timeline.ts';

/**
 * Receives a finished block. `samples` is handed over and may be transferred; null when every frame is digital silence.
 */
export type OnBlock = (startFrame: number, wallMs: number, frames: number, samples: Float32Array | null) => void;

/**
 * Quanta in, blocks out. A block ends at a multiple of its size ({@link BLOCK_FRAMES}, until `resize`) of the capture
 * clock, so the blocks of all tracks of one context cover the same frames; it ends earlier when the clock breaks, or when
 * it is flushed. Every frame is in exactly one block, in order. One buffer is allocated for each block that is not silent, none for a quantum.
 */
export class BlockBuilder {
  readonly #onBlock: OnBlock;
  readonly #sampleRate: number;
  /** Of a full block. */
  #size = BLOCK_FRAMES;
  /** Blocks end at multiples of their size. */
  #aligned = true;
  #samples = new Float32Array(BLOCK_FRAMES);
  #startFrame = 0;
  #wallMs = 0;
  #frames = 0;
  #silent = true;
  /** Where the clock stood at the last quantum; undefined before the first. */
  #endFrame: number | undefined;
  #lastFrames = 0;
  #lastWallMs = 0;

  /** `sampleRate` of the context, in Hz. */
  constructor(sampleRate: number, onBlock: OnBlock) {
    this.#sampleRate = sampleRate;
    this.#onBlock = onBlock;
  }

  /** Frame after the last one that was appended; undefined before the first. */
  get endFrame(): number | undefined {
    return this.#endFrame;
  }

  /** A quantum begins at this frame. A break of the clock ends the running block before it. */
  begin(startFrame: number, wallMs: number): void {
    if (this.#endFrame !== undefined && this.#breaks(startFrame, wallMs)) this.flush();
    if (this.#frames === 0) {
      this.#startFrame = startFrame;
      this.#wallMs = wallMs;
    }
    this.#lastWallMs = wallMs;
    this.#endFrame = startFrame;
  }

  /** The samples of the quantum that began; null is silence. */
  append(samples: Float32Array | null, frames: number): void {
    if (samples) {
      this.#samples.set(samples, this.#frames);
      this.#silent &&= isSilent(samples);
    }
    this.#frames += frames;
    this.#lastFrames = frames;
    this.#endFrame = this.#startFrame + this.#frames;
    if (this.#frames === this.#size || (this.#aligned && this.#endFrame % this.#size === 0)) this.flush();
  }

  /**
   * Blocks of another size from the next quantum on; what is in hand goes first. Not `aligned`: a block may begin anywhere, and
   * whoever wants it before it is full flushes.
   */
  resize(frames: number, aligned = true): void {
    if (frames === this.#size && aligned === this.#aligned) return;
    this.flush();
    this.#size = frames;
    this.#aligned = aligned;
    this.#samples = new Float32Array(frames);
  }

  /** Sends what is in hand. */
  flush(): void {
    const frames = this.#frames;
    if (frames === 0) return;
    const samples = this.#silent ? null : this.#samples;
    if (samples) this.#samples = new Float32Array(this.#size);
    this.#frames = 0;
    this.#silent = true;
    this.#onBlock(
      this.#startFrame,
      this.#wallMs,
      frames,
      samples && (frames === samples.length ? samples : samples.slice(0, frames)),
    );
  }

  /** The frame counter jumped, or it stood still while the wall clock went on. */
  #breaks(startFrame: number, wallMs: number): boolean {
    const lateMs = wallMs - this.#lastWallMs - (this.#lastFrames / this.#sampleRate) * 1000;
    return startFrame !== this.#endFrame || lateMs > EPOCH_BREAK_MS;
  }
}

function isSilent(samples: Float32Array): boolean {
  for (let at = 0; at < samples.length; at += 1) if (samples[at] !== 0) return false;
  return true;
}
