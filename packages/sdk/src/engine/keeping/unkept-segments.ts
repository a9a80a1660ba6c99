import { type ErrorFacts, TurntapeError, isTurntapeError, toErrorFacts } from '../../core/errors.ts';
import type { SegmentWire } from '../../core/wire.ts';

/** Finished files that wait for room, in memory: hours of Opus, a few minutes of WAV. */
const LARGEST_WAIT_BYTES = 32 * 2 ** 20;

/** So long after a refusal the disk is asked again: nobody may speak for long, and what waits is in memory alone. */
const ASK_AGAIN_MS = 1000;

/** A finished segment and its file. */
export interface FinishedSegment {
  segment: SegmentWire;
  audio: ArrayBuffer;
  peaks: ArrayBuffer | undefined;
}

export interface UnkeptSegmentsOptions {
  keep: (finished: FinishedSegment) => Promise<void>;
  onKept: (segment: SegmentWire) => void;
  onError: (error: ErrorFacts) => void;
}

/**
 * Keeps finished segments; one for which the disk has no room waits, and is kept when there is some. What was written of
 * it while its turn ran stays where it is meanwhile: of a tab that dies that much is recovered.
 */
export class UnkeptSegments {
  readonly #options: UnkeptSegmentsOptions;
  #waiting: FinishedSegment[] = [];
  #givenUp = 0;
  #retrying: Promise<void> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(options: UnkeptSegmentsOptions) {
    this.#options = options;
  }

  /** How many turns lie here in part only. */
  get count(): number {
    return this.#waiting.length + this.#givenUp;
  }

  /** Settles when it is kept, or waits. Rejects when it failed for another reason than room. */
  async keep(finished: FinishedSegment): Promise<void> {
    if (!(await this.#try(finished))) return this.#wait(finished);
    // There was room for one: perhaps for the rest.
    this.retry();
    return undefined;
  }

  /** Room was found. */
  retry(): void {
    if (this.#waiting.length > 0) this.#retrying ??= this.#retry().finally(() => (this.#retrying = undefined));
  }

  /** Tries the rest once more, for the last time. Rejects with `storage_full` when there is still no room. */
  async settle(): Promise<void> {
    this.retry();
    await this.#retrying;
    clearTimeout(this.#again);
    if (this.count === 0) return;
    const message = `${this.count} turns are on this device in part only, since it had no room: what is there of them is recovered at the next start`;
    throw new TurntapeError('storage_full', message);
  }

  async #retry(): Promise<void> {
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const finished = first;
      const done = await this.#try(finished).catch((thrown: unknown) => {
        this.#options.onError(toErrorFacts(thrown, 'storage_failed'));
        return true;
      });
      if (!done) return this.#askAgain();
      this.#waiting = this.#waiting.filter((each) => each !== finished);
    }
  }

  #askAgain(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.retry(), ASK_AGAIN_MS);
  }

  /** False: there is no room. */
  async #try(finished: FinishedSegment): Promise<boolean> {
    try {
      await this.#options.keep(finished);
    } catch (thrown) {
      if (isTurntapeError(thrown) && thrown.code === 'storage_full') return false;
      throw thrown;
    }
    this.#options.onKept(finished.segment);
    return true;
  }

  #wait(finished: FinishedSegment): void {
    const { onError } = this.#options;
    this.#waiting.push(finished);
    this.#askAgain();
    const message = `turn ${finished.segment.turn_id} waits for room`;
    onError(toErrorFacts(new TurntapeError('storage_full', message, { retryable: true }), 'storage_full'));
    let bytes = this.#waiting.reduce((sum, { audio }) => sum + audio.byteLength, 0);
    while (bytes > LARGEST_WAIT_BYTES) {
      const oldest = this.#waiting.shift();
      if (!oldest) return;
      bytes -= oldest.audio.byteLength;
      this.#givenUp += 1;
      const text = `of turn ${oldest.segment.turn_id} only what was written while it ran is kept`;
      onError(toErrorFacts(new TurntapeError('storage_full', text), 'storage_full'));
    }
  }
}
