import { DecodedParts, type DecodedPartsPorts } from './decoded-parts.ts';
import { PLAY_RATE, type PartAudio, frameOf } from './lane-audio.ts';
import type { ReviewPart, ReviewSession } from './review-session.ts';

/** Decoded around the playhead, in seconds of the session: what comes, and what a person jumps back to. */
const DECODE_AHEAD = 20;
const DECODE_BEHIND = 4;

/** Everything of a session that can be played, by its place in samples, and what of it is decoded. */
export class SessionParts {
  readonly #decoded: DecodedParts;
  #parts: readonly ReviewPart[] = [];
  #length = 0;

  constructor(ports: DecodedPartsPorts) {
    this.#decoded = new DecodedParts(ports);
  }

  /** Samples of the whole session. */
  get length(): number {
    return this.#length;
  }

  /** What is decoded. */
  get decoded(): PartAudio[] {
    return this.#decoded.all;
  }

  /** Seconds of decoded audio in memory. */
  get heldSeconds(): number {
    return this.#decoded.heldSeconds;
  }

  /** Takes another session; `same`: the one that is here, grown. */
  load(session: ReviewSession | undefined, same: boolean): void {
    this.#parts = (session?.turns ?? []).flatMap(({ parts }) => parts).sort((a, b) => a.startMs - b.startMs);
    this.#length = frameOf(session?.durationMs ?? 0);
    if (!same) this.letGo();
    this.#decoded.retry();
  }

  /** All that sounds between two places is decoded, or will never be. */
  isReady(from: number, to: number): boolean {
    return this.#parts.every((part) => !overlaps(part, from, to) || this.#decoded.settled(part));
  }

  /** Decodes what is near a place, what comes before what was; lets go of the rest. */
  wantAround(at: number, speed: number): void {
    const from = at - DECODE_BEHIND * PLAY_RATE;
    const to = at + DECODE_AHEAD * PLAY_RATE * Math.max(1, speed);
    const near = this.#parts.filter((part) => overlaps(part, from, to));
    const coming = near.filter((part) => overlaps(part, at, to));
    this.#decoded.want([...coming, ...near.filter((part) => !coming.includes(part))]);
  }

  /** Nothing is wanted. */
  letGo(): void {
    this.#decoded.want([]);
  }

  /** Reads again what could not be read. */
  retry(): void {
    this.#decoded.retry();
  }

  dispose(): void {
    this.#decoded.dispose();
  }
}

function overlaps(part: ReviewPart, from: number, to: number): boolean {
  const start = frameOf(part.startMs);
  return start < to && start + frameOf(part.durationMs) > from;
}
