import { Floor } from './floor.ts';
import { SpeechFloor } from './speech-floor.ts';
import type { TrackedTurn, TrackerFact, TrackerNews, TrackerSettings } from './tracker-facts.ts';
import type { InterruptionCause, Speaker } from './turn.ts';
import { UtteranceFloor } from './utterance-floor.ts';

export type { SpeechSource, TrackedTurn, TrackerFact, TrackerNews, TrackerSettings } from './tracker-facts.ts';

/**
 * Facts of speech and playback in, turn boundaries out. Pure: positions are session frames (the session's timeline at
 * one constant `clockRate`), ids are given, nothing is scheduled. The rules TURN-1 … are in `docs/spec.md`.
 *
 * Facts may come late, twice or in an order that makes no sense: what they cannot mean is ignored, what they would
 * break is clamped. A file is opened before it is closed and never ends before it begins; one of zero length (its turn
 * ended where its part began, or nothing of it was captured) is closed with `to` equal to its `from`.
 *
 * A further utterance of a bot turn that is over already opens the same turn again: a new `turn-start` and `turn-end`
 * of the same `turnId`, with a file that is the next part. Both files then carry `isLast`.
 */
export class TurnTracker {
  readonly #floors: Readonly<Record<Speaker, Floor>>;
  readonly #speech: Readonly<Record<Speaker, SpeechFloor>>;
  readonly #utterances: UtteranceFloor;
  #news: TrackerNews[] = [];
  #ended = false;

  constructor(settings: TrackerSettings) {
    const frames = (ms: number): number => Math.round((ms / 1000) * settings.clockRate);
    const tell = (news: TrackerNews): void => {
      this.#news.push(news);
    };
    const maxFileFrames = Math.max(1, frames(settings.maxSegmentMs));
    const floor = (speaker: Speaker, other: Speaker): Floor =>
      new Floor(speaker, { maxFileFrames, tell, otherAt: (frame) => this.#floors[other].turnAt(frame) });
    this.#floors = { user: floor('user', 'bot'), bot: floor('bot', 'user') };
    const margins = { preRoll: frames(settings.preRollMs), postRoll: frames(settings.postRollMs) };
    this.#speech = {
      user: new SpeechFloor(this.#floors.user, margins, tell),
      bot: new SpeechFloor(this.#floors.bot, margins, tell),
    };
    this.#utterances = new UtteranceFloor(this.#floors.bot, frames(settings.botHangoverMs));
  }

  /** A session goes on under another engine: its tracks begin here, and these parts of turns are there already. */
  goOn(speaker: Speaker, at: number, parts: ReadonlyMap<string, number>): void {
    this.#floors[speaker].goOn(at, parts);
  }

  /** The speaker's turn now open. A start that is not yet confirmed is no turn. */
  openTurn(speaker: Speaker): TrackedTurn | undefined {
    return this.#floors[speaker].tracked;
  }

  /** Takes a fact and says what follows from it, in order. After `session-end` nothing follows from anything. */
  feed(fact: TrackerFact): readonly TrackerNews[] {
    this.#news = [];
    if (!this.#ended) this.#take(fact);
    return this.#news;
  }

  #take(fact: TrackerFact): void {
    switch (fact.type) {
      case 'speech-start':
        return this.#speech[fact.speaker].speechStart(fact);
      case 'speech-confirmed':
        return this.#speech[fact.speaker].confirm();
      case 'speech-end':
        return this.#speech[fact.speaker].speechEnd(fact);
      case 'manual-start':
        return this.#speech[fact.speaker].manualStart(fact);
      case 'manual-end':
        return this.#speech[fact.speaker].manualEnd(fact);
      case 'utterance-begun':
        return this.#utterances.begun(fact);
      case 'utterance-started':
        return this.#utterances.started(fact);
      case 'utterance-drained':
        return this.#utterances.drained(fact);
      case 'cut':
        return this.#cut(fact);
      case 'advanced':
        return this.#advanced(fact.speaker, fact.to);
      case 'session-end':
        return this.#end(fact);
    }
  }

  #cut({ at, utteranceIds, cause }: Extract<TrackerFact, { type: 'cut' }>): void {
    const floor = this.#floors.bot;
    const lostWords = this.#utterances.unfinished;
    const openTurnId = floor.turn?.turnId;
    this.#endCut(at, lostWords, utteranceIds.length === 0, cause);
    this.#utterances.cut(utteranceIds, openTurnId, at, cause);
  }

  #endCut(at: number, lostWords: boolean, attached: boolean, cause: InterruptionCause): void {
    const floor = this.#floors.bot;
    // What was heard of an attached stream before its start was confirmed is a turn all the same: we cut it short.
    if (!floor.turn && attached) this.#speech.bot.confirm();
    const turn = floor.turn;
    // A cut that comes during the hang-over finds everything said: the turn ends drained, as if nobody had cut.
    if (!turn || (turn.owner === 'utterances' && !lostWords)) return;
    floor.reaches(at);
    const end = turn.quietSince ?? at;
    floor.end({ end, to: end, reason: 'interrupted', cause });
    this.#speech.bot.settle();
  }

  #advanced(speaker: Speaker, to: number): void {
    const floor = this.#floors[speaker];
    floor.advanced(to);
    floor.splitUpTo(speaker === 'bot' ? this.#utterances.advanced(to) : to);
  }

  /** The bot first, then the user. */
  #end({ at, reason }: Extract<TrackerFact, { type: 'session-end' }>): void {
    this.#utterances.closeAt(at, reason);
    this.#speech.bot.closeAt(at, reason);
    this.#speech.user.closeAt(at, reason);
    this.#ended = true;
  }
}
