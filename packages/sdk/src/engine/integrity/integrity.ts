import {
  type IntegrityEvent,
  type IntegrityStats,
  MAX_INTEGRITY_EVENTS,
  type SaidWords,
} from '../../core/integrity.ts';
import type { TrackerNews } from '../../core/turn-tracker.ts';
import type { FrameRange } from '../capture/frame-range.ts';
import type { SessionClock } from '../capture/session-clock.ts';
import { GivenSound } from './given-sound.ts';
import { type TurnEvidence, type Verdict, isBlip, judgeTurn } from './judge-turn.ts';
import { SoundRuns } from './sound-runs.ts';
import { type TurnAccount, TurnAccounts } from './turn-accounts.ts';
import { WordBook } from './word-book.ts';

/** A turn is judged so long after its end: it may go on, and its words may still come. */
const SETTLE_MS = 3000;

/** One that has been silent since it began is told after so long, while it is still open. */
const OPEN_MS = 10_000;

/** Words of no turn: an attached stream that is silent for so long from then on has not said them, nor said them just before. */
const STRAY_MS = 10_000;

/** Words that take longer than this many times their least are spoken slower than anybody waits for. */
const SLOWEST = 2;

export interface IntegrityOptions {
  clock: Pick<SessionClock, 'rate' | 'toMs' | 'toFrames'>;
  /** What of the bot's track is silent on purpose, or known to be missing. */
  excused: () => readonly FrameRange[];
  /** The voice stack's own id of a turn. */
  externalId: (turnId: string) => string | null;
  report: (event: IntegrityEvent) => void;
}

/**
 * Compares what the bot is said to have said (its transcripts, what it was given, the app's marks) with what its record holds,
 * and tells where the record is silent. It listens to the bot's track as it is kept: one level for each 20 ms.
 */
export class Integrity {
  readonly #options: IntegrityOptions;
  readonly #sound: SoundRuns;
  readonly #given: GivenSound;
  readonly #words = new WordBook();
  readonly #turns = new TurnAccounts();
  readonly #events: { event: IntegrityEvent; to: number }[] = [];
  readonly #toldStray = new Set<string | null>();
  #attachedAt: number | undefined;
  /** How far the bot's track goes. */
  #end = 0;
  /** The frame at which something is to be judged. */
  #next = Infinity;

  constructor(options: IntegrityOptions) {
    this.#options = options;
    this.#sound = new SoundRuns(options.clock.rate);
    this.#given = new GivenSound(options.clock.rate);
  }

  get stats(): IntegrityStats {
    const newest = this.#events.at(-1);
    return {
      events: this.#events.map(({ event }) => event),
      goesOn: newest !== undefined && this.#sound.end <= newest.to,
    };
  }

  /** How much of a range of the bot's track is louder than silence, in milliseconds. */
  soundingMs(range: FrameRange): number {
    return this.#options.clock.toMs(this.#sound.soundingFrames(range));
  }

  /** The bot's track goes on. */
  advanced(from: number, samples: Float32Array): void {
    this.#sound.add(from, samples);
    this.#end = from + samples.length;
    if (this.#end >= this.#next) this.#judgeDue();
  }

  /** An utterance is given more. */
  given(utteranceId: string, samples: Float32Array): void {
    this.#given.add(utteranceId, samples);
  }

  /** An utterance is over: so many frames were put out. */
  putOut(utteranceId: string, frames: number): void {
    this.#given.putOut(utteranceId, frames);
  }

  /** A stream is the bot's track from here on, or is not any more. */
  attached(isAttached: boolean): void {
    this.#attachedAt = isAttached ? (this.#attachedAt ?? this.#end) : undefined;
  }

  /** The app is about to mark the beginning of a turn of an attached stream. */
  marked(turnId: string): void {
    this.#turns.marked(turnId);
  }

  /** The app says what the bot said. */
  said(words: SaidWords): void {
    if (!this.#words.add(words, this.#end)) return;
    const turn = this.#turnOf(words);
    if (turn) this.#schedule(turn);
    else this.#next = Math.min(this.#next, this.#end + this.#frames(STRAY_MS));
  }

  /** A turn has got the voice stack's id: words that name only that are its own. */
  bound(turnId: string): void {
    const turn = this.#turns.find(turnId);
    if (turn) this.#schedule(turn);
  }

  take(news: readonly TrackerNews[]): void {
    for (const turn of this.#turns.take(news)) this.#schedule(turn);
  }

  /** No more audio comes, and every turn has ended. */
  finish(): void {
    for (const turn of this.#turns.all) if (turn.due < Infinity) this.#judge(turn);
    this.#judgeStray(this.#end - this.#frames(STRAY_MS / 2));
  }

  /** When enough is known to judge it: never before now. */
  #schedule(turn: TurnAccount): void {
    const last = turn.spans.at(-1);
    if (turn.isTold || !last) return;
    const isOpen = last.to === undefined;
    const due = isOpen ? last.from + this.#frames(OPEN_MS) : this.#soundsUntil(turn) + this.#frames(SETTLE_MS);
    turn.due = Math.max(this.#end, due);
    this.#next = Math.min(this.#next, turn.due);
  }

  /** After this frame nothing can be of this turn any more. */
  #soundsUntil(turn: TurnAccount): number {
    const first = turn.spans[0]?.from ?? this.#end;
    const end = turn.spans.at(-1)?.to ?? this.#end;
    if (!isBySound(turn)) return end;
    const slowest = first + SLOWEST * this.#frames(this.#wordsMs(turn.turnId));
    return Math.max(end, Math.min(slowest, this.#turns.answered(first)));
  }

  #judgeDue(): void {
    this.#next = Infinity;
    for (const turn of this.#turns.all) {
      if (turn.due <= this.#end) this.#judge(turn);
      this.#next = Math.min(this.#next, turn.due);
    }
    this.#judgeStray(this.#end - this.#frames(STRAY_MS));
    this.#next = Math.min(this.#next, this.#words.strayAt(this.#isKnown) + this.#frames(STRAY_MS));
  }

  #judge(turn: TurnAccount): void {
    turn.due = Infinity;
    if (turn.isTold) return;
    const verdict = judgeTurn(this.#evidence(turn), this.#sound, (milliseconds) => this.#frames(milliseconds));
    if (!verdict) return;
    turn.isTold = true;
    this.#tell(turn.turnId, this.#options.externalId(turn.turnId), verdict);
  }

  #evidence(turn: TurnAccount): TurnEvidence {
    const { turnId, utteranceIds, isCut, isMarked } = turn;
    const isOpen = turn.spans.at(-1)?.to === undefined;
    const spans = turn.spans.map(({ from, to = this.#end }) => ({ from, to }));
    const from = spans[0]?.from ?? 0;
    return {
      spans,
      listened: isBySound(turn) ? [{ from, to: Math.min(this.#end, this.#soundsUntil(turn)) }] : spans,
      excused: this.#options.excused(),
      isCut,
      // A mark at the start of a reply is early by as long as the reply takes to come.
      isMarked: isMarked && !isOpen,
      words: this.#frames(this.#wordsMs(turnId)),
      given: this.#given.soundingFrames(utteranceIds),
    };
  }

  /** Words of no turn that came before this frame: a stream that is all silent has no turns of its own. */
  #judgeStray(before: number): void {
    for (const { turnId, externalId, leastMs } of this.#words.takeStray(before, this.#isKnown)) {
      const id = turnId ?? externalId;
      if (this.#attachedAt === undefined || leastMs === 0 || this.#toldStray.has(id)) continue;
      const from = Math.max(this.#attachedAt, this.#end - 2 * this.#frames(STRAY_MS));
      const range = { from, to: this.#end };
      const isExcused = this.#options.excused().some((each) => each.from < range.to && each.to > range.from);
      const isLong = range.to - range.from >= this.#frames(STRAY_MS / 2);
      if (isExcused || !isLong || !isBlip(this.#sound.soundingFrames(range), (ms) => this.#frames(ms))) continue;
      this.#toldStray.add(id);
      this.#tell(turnId, externalId, { ...range, cause: 'words_without_sound' });
    }
  }

  #tell(turnId: string | null, externalId: string | null, { from, to, cause }: Verdict): void {
    const { clock, report } = this.#options;
    const place = { fromMs: clock.toMs(from), toMs: clock.toMs(to) };
    const event: IntegrityEvent = { turnId, externalId, speaker: 'bot', ...place, cause };
    this.#events.push({ event, to });
    if (this.#events.length > MAX_INTEGRITY_EVENTS) this.#events.shift();
    report(event);
  }

  readonly #isKnown = (words: SaidWords): boolean => this.#turnOf(words) !== undefined;

  #turnOf({ turnId, externalId }: SaidWords): TurnAccount | undefined {
    const isBound = (id: string): boolean => externalId !== null && this.#options.externalId(id) === externalId;
    return this.#turns.find(turnId, isBound);
  }

  #wordsMs(turnId: string): number {
    return this.#words.leastMs(turnId, this.#options.externalId(turnId));
  }

  #frames(milliseconds: number): number {
    return this.#options.clock.toFrames(milliseconds);
  }
}

/** The turn of a stream that is cut by its own sound ends where that ends: it cannot be silent, but it can be too short for its words. */
function isBySound({ utteranceIds, isMarked }: TurnAccount): boolean {
  return utteranceIds.length === 0 && !isMarked;
}
