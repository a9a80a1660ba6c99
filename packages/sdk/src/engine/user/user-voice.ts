import { BargeIn, type BargeInCommand } from '../../core/barge-in.ts';
import type { SessionSettings } from '../../core/settings.ts';
import type { TrackerFact, TrackerNews } from '../../core/turn-tracker.ts';
import type { InterruptionCause } from '../../core/turn.ts';
import type { SpeechFact } from '../vad/detector.ts';

export interface UserVoiceOptions {
  settings: SessionSettings;
  clockRate: number;
  newId: () => string;
  /** With `continuous`: the turn that goes on, when another engine began it. */
  continued?: string | undefined;
  feed: (fact: TrackerFact) => void;
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
  #recordsAll: boolean;
  /** Who heard the user last: the cause of a cut that follows. */
  #heardBy: 'client_vad' | 'server' = 'client_vad';

  constructor(options: UserVoiceOptions) {
    this.#options = options;
    this.#recordsAll = options.settings.turns.mode === 'continuous';
    this.#bargeIn = new BargeIn(options.settings.bargeIn, options.clockRate);
  }

  /** The device's own detector. */
  detected(fact: SpeechFact): void {
    const { feed, newId } = this.#options;
    this.#heardBy = 'client_vad';
    switch (fact.type) {
      case 'start': {
        this.#obey(this.#bargeIn.userStarted(fact.decided), fact.decided);
        feed({ ...fact, type: 'speech-start', speaker: 'user', source: 'client', turnId: newId() });
        return;
      }
      case 'confirmed':
        this.#obey(this.#bargeIn.userConfirmed(fact.at), fact.at);
        feed({ type: 'speech-confirmed', speaker: 'user', at: fact.at });
        return;
      case 'end': {
        this.#obey(this.#bargeIn.userStopped(fact.decided), fact.decided);
        const { end, decided, misfire } = fact;
        feed({ type: 'speech-end', speaker: 'user', source: 'client', end, decided, misfire });
        return;
      }
    }
  }

  /** The voice backend's detector. A start there is speech without further proof. */
  serverSaid(speech: boolean, at: number): void {
    const { feed, newId } = this.#options;
    this.#heardBy = 'server';
    if (speech) {
      this.#obey(this.#bargeIn.userStarted(at), at);
      this.#obey(this.#bargeIn.userConfirmed(at), at);
      feed({ type: 'speech-start', speaker: 'user', source: 'server', onset: at, decided: at, turnId: newId() });
    } else {
      this.#obey(this.#bargeIn.userStopped(at), at);
      feed({ type: 'speech-end', speaker: 'user', source: 'server', end: at, decided: at, misfire: false });
    }
  }

  /** The policy needs to know since when the bot holds the floor. */
  take(news: readonly TrackerNews[]): void {
    for (const item of news) {
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
  }

  #obey(command: BargeInCommand | undefined, at: number): void {
    if (command) this.#options.obey(command, this.#heardBy, at);
  }
}
