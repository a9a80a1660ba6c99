import { MODEL_RATE } from './probability-model.ts';

/** What one inference looks at, and where it lies: session frames [from, to). */
export interface Window {
  readonly type: 'window';
  readonly samples: Float32Array;
  readonly from: number;
  readonly to: number;
  /** Samples at 16 kHz that it takes from the queue: less than `samples` holds when silence completes it. */
  readonly taken: number;
}

/** Something to do between two windows. */
export interface Mark<Order> {
  readonly type: 'mark';
  readonly order: Order;
}

interface PlacedMark<Order> extends Mark<Order> {
  readonly at: number;
  /** Set when the audio breaks off here: where it ended, and where what follows begins. */
  readonly jump?: { endFrame: number; nextFrame: number };
}

/**
 * Audio at 16 kHz on its way to the model, in order, with the orders that lie between its windows. Windows are cut when
 * they are asked for, so their length may change from one to the next.
 *
 * A run is audio without a break. Sample `i` of a run that began at session frame `s` lies at
 * `s + round(i * clockRate / 16000)`: at most half a session frame from the truth, never accumulating, and the end of
 * one window is the start of the next.
 */
export class WindowQueue<Order> {
  readonly #clockRate: number;
  readonly #pieces: Float32Array[] = [];
  readonly #marks: PlacedMark<Order>[] = [];
  /** All in 16 kHz samples since the beginning; `#skipped` counts those of the first piece that are gone. */
  #written = 0;
  #read = 0;
  #skipped = 0;
  #run: { sample: number; frame: number };

  /** The first sample appended lies at session frame `startFrame`. */
  constructor(clockRate: number, startFrame: number) {
    this.#clockRate = clockRate;
    this.#run = { sample: 0, frame: startFrame };
  }

  append(samples: Float32Array): void {
    if (samples.length === 0) return;
    this.#pieces.push(samples);
    this.#written += samples.length;
  }

  /** To be done before any window that reaches beyond what has been appended up to now. */
  mark(order: Order): void {
    this.#marks.push({ type: 'mark', order, at: this.#written });
  }

  /** The audio ends before session frame `endFrame`; then the order; what is appended next lies at `nextFrame`. */
  jump(order: Order, endFrame: number, nextFrame: number): void {
    this.#marks.push({ type: 'mark', order, at: this.#written, jump: { endFrame, nextFrame } });
  }

  /** The next window of this length or the next mark, whichever comes first; undefined when there is not enough. */
  peek(windowFrames: number): Window | Mark<Order> | undefined {
    const mark = this.#marks[0];
    const available = (mark?.at ?? this.#written) - this.#read;
    if (available >= windowFrames || (mark?.jump && available > 0)) return this.#window(windowFrames, available, mark);
    return mark;
  }

  /** All that is there of a window that is not whole yet; undefined when that is less than `least`. */
  part(least: number): Window | undefined {
    const available = this.#written - this.#read;
    return available >= least ? this.#window(available, available, undefined) : undefined;
  }

  /** Removes what `peek` gave. */
  take(item: Window | Mark<Order>): void {
    if (item.type === 'window') {
      this.#drop(item.taken);
      return;
    }
    const mark = this.#marks.shift();
    if (mark?.jump) this.#run = { sample: this.#read, frame: mark.jump.nextFrame };
  }

  #window(windowFrames: number, available: number, mark: PlacedMark<Order> | undefined): Window {
    const taken = Math.min(windowFrames, available);
    const ends = mark?.jump && taken === available;
    const to = ends ? mark.jump.endFrame : this.#frameOf(this.#read + taken);
    return {
      type: 'window',
      samples: this.#copy(taken, windowFrames),
      from: this.#frameOf(this.#read),
      to: mark?.jump ? Math.min(to, mark.jump.endFrame) : to,
      taken,
    };
  }

  #frameOf(sample: number): number {
    return this.#run.frame + Math.round(((sample - this.#run.sample) * this.#clockRate) / MODEL_RATE);
  }

  #copy(count: number, length: number): Float32Array {
    const out = new Float32Array(length);
    let at = 0;
    let skip = this.#skipped;
    for (const piece of this.#pieces) {
      if (at >= count) break;
      const part = piece.subarray(skip, skip + count - at);
      out.set(part, at);
      at += part.length;
      skip = 0;
    }
    return out;
  }

  #drop(count: number): void {
    this.#read += count;
    this.#skipped += count;
    for (let first = this.#pieces[0]; first && this.#skipped >= first.length; first = this.#pieces[0]) {
      this.#skipped -= first.length;
      this.#pieces.shift();
    }
  }
}
