import { BargeIn, type BargeInCommand } from '../../core/barge-in.ts';
import type { SessionSettings } from '../../core/settings.ts';
import type { TrackerFact, TrackerNews } from '../../core/turn-tracker.ts';
import type { InterruptionCause } from '../../core/turn.ts';
import type { SpeechFact } from '../vad/detector.ts';
import { TurnEnd, type TurnEndOptions } from './turn-end.ts';

export interface UserVoiceOptions {
  settings: SessionSettings;
  clockRate: number;
  newId: () => string;
  /** With `continuous`: the turn that goes on, when another engine began it. */
  continued?: string | undefined;
  feed: (fact: TrackerFact) => void;
  /** The app is asked before a turn ends; undefined: nobody is asked. */
  turnEnd?: Omit<TurnEndOptions, 'end'> | undefined;
  /** `at`: the frame of the decision. */
  obey: (command: BargeInCommand, cause: InterruptionCause, at: number) => void;
}

/**
 * The user's side of the floor: what the detector and the voice backend say of the user's speech, for the tracker and
 * for the barge-in policy. The policy comes first: a cut must not wait for anything.
 */
export class UserVoice {
  readonly #options: UserVoiceOptions;
  readonly #bargeIn: BargeIn;
  readonly #turnEnd: TurnEnd | undefined;
  /** Starts that have not become a turn. */
  readonly #started = new Set<string>();
  /** The user's turn that speech has opened: not one that the app has marked. */
  #turnId: string | undefined;
  #recordsAll: boolean;
  /** Who heard the user last: the cause of a cut that follows. */
  #heardBy: 'client_vad' | 'server' = 'client_vad';

  constructor(options: UserVoiceOptions) {
    this.#options = options;
    this.#recordsAll = options.settings.turns.mode === 'continuous';
    this.#bargeIn = new BargeIn(options.settings.bargeIn, options.clockRate);
    const { turnEnd, feed } = options;
    this.#turnEnd = turnEnd && new TurnEnd({ ...turnEnd, end: feed });
  }

  /** The device's own detector. */
  detected(fact: SpeechFact): void {
    const { feed } = this.#options;
    this.#heardBy = 'client_vad';
    switch (fact.type) {
      case 'start': {
        this.#obey(this.#bargeIn.userStarted(fact.decided), fact.decided);
        if (this.#turnEnd?.heard()) return;
        feed({ ...fact, type: 'speech-start', speaker: 'user', source: 'client', turnId: this.#newSpeech() });
        return;
      }
      case 'confirmed':
        this.#obey(this.#bargeIn.userConfirmed(fact.at), fact.at);
        this.#turnEnd?.drop();
        feed({ type: 'speech-confirmed', speaker: 'user', at: fact.at });
        return;
      case 'end': {
        this.#obey(this.#bargeIn.userStopped(fact.decided), fact.decided);
        this.#ended(fact);
        return;
      }
    }
  }

  /** The voice backend's detector. A start there is speech without further proof. */
  serverSaid(speech: boolean, at: number): void {
    const { feed } = this.#options;
    this.#heardBy = 'server';
    if (speech) {
      this.#turnEnd?.drop();
      this.#obey(this.#bargeIn.userStarted(at), at);
      this.#obey(this.#bargeIn.userConfirmed(at), at);
      feed({
        type: 'speech-start',
        speaker: 'user',
        source: 'server',
        onset: at,
        decided: at,
        turnId: this.#newSpeech(),
      });
    } else {
      this.#turnEnd?.release();
      this.#obey(this.#bargeIn.userStopped(at), at);
      feed({ type: 'speech-end', speaker: 'user', source: 'server', end: at, decided: at, misfire: false });
    }
  }

  /** The policy needs to know since when the bot holds the floor. */
  take(news: readonly TrackerNews[]): void {
    for (const item of news) {
      if (item.type === 'turn-start' && item.turn.speaker === 'user') this.#turnOpened(item.turn.turnId);
      if (item.type === 'turn-end' && item.turn.speaker === 'user') this.#turnOver();
      if (item.type === 'turn-start' && item.turn.speaker === 'bot')
        this.#obey(this.#bargeIn.botStarted(item.turn.start), item.turn.start);
      if (item.type === 'turn-end' && item.turn.speaker === 'bot')
        this.#obey(this.#bargeIn.botStopped(item.turn.end ?? 0), item.turn.end ?? 0);
    }
  }

  /** What is quiet cannot be interrupted, whether its turn is over or not; what sounds again has begun again. */
  botSounds(sounds: boolean, at: number): void {
    this.#obey(sounds ? this.#bargeIn.botStarted(at) : this.#bargeIn.botStopped(at), at);
  }

  /** The track goes on: `continuous` takes it from its first frame on, and a cut that had to wait may be due. */
  advanced(from: number, at: number): void {
    if (this.#recordsAll) {
      this.#recordsAll = false;
      const { feed, newId } = this.#options;
      feed({ type: 'manual-start', speaker: 'user', at: from, turnId: this.#options.continued ?? newId() });
    }
    this.#obey(this.#bargeIn.advanced(at), at);
    this.#turnEnd?.advanced(at);
  }

  /** The app's answer: the turn is over. */
  turnEnds(askId: number): void {
    this.#turnEnd?.answered(askId);
  }

  /** Nothing more comes: an end that was held back is the end. */
  finish(): void {
    this.#turnEnd?.release();
  }

  #ended({ end, decided, misfire }: Extract<SpeechFact, { type: 'end' }>): void {
    if (misfire && this.#turnEnd?.misheard()) return;
    this.#started.clear();
    const fact = { type: 'speech-end', speaker: 'user', source: 'client', end, decided, misfire } as const;
    if (!misfire && this.#turnId !== undefined && this.#turnEnd) this.#turnEnd.hold(this.#turnId, fact);
    else this.#options.feed(fact);
  }

  #newSpeech(): string {
    const turnId = this.#options.newId();
    this.#started.add(turnId);
    return turnId;
  }

  #turnOpened(turnId: string): void {
    this.#turnId = this.#started.has(turnId) ? turnId : undefined;
    this.#started.clear();
  }

  #turnOver(): void {
    this.#turnId = undefined;
    this.#turnEnd?.drop();
  }

  #obey(command: BargeInCommand | undefined, at: number): void {
    if (command) this.#options.obey(command, this.#heardBy, at);
  }
}
