import type { VadSettings } from '../../core/settings.ts';
import type { TrackerNews } from '../../core/turn-tracker.ts';
import type { SpeechFact } from '../vad/detector.ts';
import type { EchoScore } from './echo-scorer.ts';

/** A start is judged by this much audio before its decision: the onset, and a little of what came before. */
const ONSET_MS = 128;
/** A running speech is judged by its newest part, with a filter that is fitted to more than that. */
const FIT_MS = 256;
const JUDGED_MS = 64;
/** At its confirmation all of a speech is judged, but no more than this. */
const CONFIRM_MS = 500;
/** What lies just before an onset belongs to it. */
const LEAD_MS = 32;

/** So many windows in a row must hold more than echo before a doubtful start is taken for the user. */
const HEARD_WINDOWS = 3;
/**
 * The power that is not explained must be this many times that of the noise: in a faint echo the noise itself is a large
 * part. At 1, a faint syllable at −30 dB cut the bot in 4 of 20 files.
 */
const LEAST_UNEXPLAINED = 3;
/** A user who was heard within an echo and not again for this long before the confirmation was a misfire. */
const LOST_MS = 300;
/** A confirmed speech is looked at only in every so manieth window: all that can follow is its end. */
const LOOK_EVERY = 4;

export interface EchoGuardOptions {
  settings: VadSettings;
  /** Session frames per second. */
  clockRate: number;
  scorer: { score(from: number, to: number, judgedFrom?: number): EchoScore };
  newId: () => string;
  /** Speech of the user: what the detector found, less the echo. As from a detector, in its order. */
  onFact: (fact: SpeechFact) => void;
  /** A doubtful start, and its stop: labelled events that concern no turn. */
  onDoubt: (news: TrackerNews) => void;
}

interface Held {
  /** Of the labelled start; undefined when there is none to stop. */
  turnId: string | undefined;
  since: number;
  onset: number;
}

/** A speech of the user that was told. */
interface Passed {
  onset: number;
  confirmed: boolean;
  /** It was heard within an echo: its confirmation is counted here, not by the detector. */
  within: boolean;
  lastHeard: number;
}

/**
 * Stands between the detector and everything that follows from speech, and lets through only what the bot's own voice
 * does not explain. A start that is probably its echo is held back: it is told as doubtful, and neither ducks, cuts
 * nor becomes a turn. While it lasts each window is looked at again, so that a user who talks over the echo is heard,
 * and one who was doubted wrongly loses a tenth of a second.
 */
export class EchoGuard {
  readonly #options: EchoGuardOptions;
  readonly #toFrames: (ms: number) => number;
  #held: Held | undefined;
  #passed: Passed | undefined;
  /** Windows that held more than echo: in a row, or since a user was heard within one. */
  #heardFrames = 0;
  #heardWindows = 0;
  #heardFrom = 0;
  #windows = 0;

  constructor(options: EchoGuardOptions) {
    this.#options = options;
    this.#toFrames = (ms) => Math.round((ms / 1000) * options.clockRate);
  }

  /** What the detector found. */
  detected(fact: SpeechFact): void {
    switch (fact.type) {
      case 'start':
        this.#start(fact);
        return;
      case 'confirmed':
        this.#confirmed(fact.at);
        return;
      case 'end':
        this.#end(fact);
        return;
    }
  }

  /** Every window that the detector judged, before what follows from it. */
  window(from: number, to: number, probability: number): void {
    this.#windows += 1;
    if (this.#held) this.#lookAtHeld(this.#held, from, to, probability);
    else if (this.#passed?.within && !this.#passed.confirmed) this.#lookAtHeard(this.#passed, from, to, probability);
    else if (this.#passed?.confirmed && this.#windows % LOOK_EVERY === 0) this.#lookAtConfirmed(this.#passed, from, to);
  }

  /** The voice backend hears the user: what is held is the user's. */
  trust(at: number): void {
    const held = this.#held;
    if (!held) return;
    this.#pass({ onset: held.onset, confirmed: true, within: true, lastHeard: at }, at, undefined);
    this.#options.onFact({ type: 'confirmed', at });
  }

  #start({ onset, decided }: Extract<SpeechFact, { type: 'start' }>): void {
    const { likelihood } = this.#options.scorer.score(decided - this.#toFrames(ONSET_MS), decided);
    if (!this.#isDoubtful(likelihood)) {
      this.#pass({ onset, confirmed: false, within: false, lastHeard: decided }, decided, likelihood);
      return;
    }
    const turnId = this.#options.newId();
    this.#hold({ turnId, since: decided, onset });
    const label = { turnId, onset, decided, source: 'client', echoLikelihood: likelihood, doubtful: true } as const;
    this.#options.onDoubt({ type: 'vad-start', ...label });
  }

  #confirmed(at: number): void {
    const passed = this.#passed;
    if (!passed || passed.confirmed || passed.within) return;
    const from = Math.max(passed.onset - this.#toFrames(LEAD_MS), at - this.#toFrames(CONFIRM_MS));
    if (this.#isDoubtful(this.#options.scorer.score(from, at).likelihood)) {
      this.#options.onFact({ type: 'end', end: at, decided: at, misfire: true });
      this.#hold({ turnId: undefined, since: at, onset: passed.onset });
      return;
    }
    passed.confirmed = true;
    passed.lastHeard = at;
    this.#options.onFact({ type: 'confirmed', at });
  }

  #end(fact: Extract<SpeechFact, { type: 'end' }>): void {
    const passed = this.#passed;
    this.#passed = undefined;
    if (passed) this.#options.onFact({ ...fact, misfire: !passed.confirmed });
    this.#letGo(fact.end, fact.decided);
  }

  #lookAtHeld(held: Held, from: number, to: number, probability: number): void {
    const score = this.#look(to);
    if (!this.#isHeard(score, probability)) {
      this.#heardWindows = 0;
      return;
    }
    if (this.#heardWindows === 0) this.#heardFrom = from;
    this.#heardWindows += 1;
    if (this.#heardWindows < HEARD_WINDOWS) return;
    // Heard from the first window on: it was the user who began.
    const begun = this.#heardFrom <= held.since ? held.onset : this.#heardFrom;
    this.#heardFrames = to - this.#heardFrom;
    this.#pass({ onset: begun, confirmed: false, within: true, lastHeard: to }, to, score.likelihood);
    if (this.#passed) this.#confirmHeard(this.#passed, to);
  }

  #lookAtHeard(passed: Passed, from: number, to: number, probability: number): void {
    if (this.#isHeard(this.#look(to), probability)) {
      passed.lastHeard = to;
      this.#heardFrames += to - from;
      this.#confirmHeard(passed, to);
    } else if (to - passed.lastHeard >= this.#toFrames(LOST_MS)) {
      this.#options.onFact({ type: 'end', end: passed.lastHeard, decided: to, misfire: true });
      this.#hold({ turnId: undefined, since: to, onset: to });
    }
  }

  #confirmHeard(passed: Passed, at: number): void {
    if (this.#heardFrames < this.#toFrames(this.#options.settings.minSpeechMs)) return;
    passed.confirmed = true;
    this.#options.onFact({ type: 'confirmed', at });
  }

  /** The bot's echo must not keep a turn open that the user has ended. */
  #lookAtConfirmed(passed: Passed, from: number, to: number): void {
    const unseen = LOOK_EVERY * (to - from);
    if (!this.#isDoubtful(this.#look(to).likelihood)) {
      passed.lastHeard = to;
      return;
    }
    if (to - passed.lastHeard < this.#toFrames(this.#options.settings.endSilenceMs) + unseen) return;
    this.#options.onFact({ type: 'end', end: passed.lastHeard + unseen, decided: to, misfire: false });
    this.#hold({ turnId: undefined, since: to, onset: to });
  }

  /**
   * A fit to a quarter of a second is ruled by its loudest vowel, and knows little of a /k/ or an /s/ behind it: what it does not
   * explain is fitted once more, to less.
   */
  #look(to: number): EchoScore {
    const { scorer } = this.#options;
    const judged = to - this.#toFrames(JUDGED_MS);
    const score = scorer.score(to - this.#toFrames(FIT_MS), to, judged);
    if (this.#isDoubtful(score.likelihood)) return score;
    const nearer = scorer.score(to - this.#toFrames(ONSET_MS), to, judged);
    return nearer.likelihood > score.likelihood ? nearer : score;
  }

  #isDoubtful(likelihood: number): boolean {
    return likelihood > this.#options.settings.echoThreshold;
  }

  #isHeard({ likelihood, unexplained }: EchoScore, probability: number): boolean {
    const isSpeech = probability >= this.#options.settings.positiveSpeechThreshold;
    return isSpeech && !this.#isDoubtful(likelihood) && unexplained >= LEAST_UNEXPLAINED;
  }

  #hold(held: Held): void {
    this.#passed = undefined;
    this.#held = held;
    this.#heardWindows = 0;
  }

  #pass(passed: Passed, decided: number, echoLikelihood: number | undefined): void {
    this.#letGo(decided, decided);
    this.#passed = passed;
    const score = echoLikelihood === undefined ? {} : { echoLikelihood };
    this.#options.onFact({ type: 'start', onset: passed.onset, decided, ...score });
  }

  /** What was held is over; a labelled start gets its stop. */
  #letGo(end: number, decided: number): void {
    const turnId = this.#held?.turnId;
    this.#held = undefined;
    if (turnId) this.#options.onDoubt({ type: 'vad-stop', turnId, end, decided, misfire: true, doubtful: true });
  }
}
