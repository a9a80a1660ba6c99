import type { BargeInSettings } from './settings.ts';

/** What the player is told: quieter, silent, or as loud as before. */
export type BargeInCommand = 'duck' | 'cut' | 'restore';

export type { BargeInSettings };

/**
 * Who yields when both speak. Pure policy: facts in with the session frame at which they were known, a command out, or
 * undefined. Every method may answer with a command, and the caller obeys it whichever method it came from.
 *
 * Floors are taken by what was known, in the order in which it was known, not by onsets found afterwards:
 * - The bot already played when the user was heard: an interruption.
 * - The user was heard but not confirmed when the bot began: nobody could know. The bot is cut when the speech is
 *   confirmed, also in mode `cut`: a reply is not dropped whole for what may be a misfire.
 * - The user was confirmed when the bot began: the user holds the floor, the bot spoke into it knowing so (a
 *   backchannel). It is neither ducked nor cut by that utterance; the user's next one can.
 *
 * A cut that `minBotMs` or `cooldownMs` forbids is not lost: it follows as soon as it is allowed, if the user still
 * speaks. After a duck there is exactly one cut or restore. A cut leaves the gain to the player, which opens it again.
 */
export class BargeIn {
  readonly #mode: BargeInSettings['mode'];
  readonly #minBotFrames: number;
  readonly #cooldownFrames: number;
  #user: 'silent' | 'heard' | 'confirmed' = 'silent';
  /** Frame since which the bot plays. */
  #botSince: number | undefined;
  /** Where the user stood when the bot began. */
  #userAtBotStart: 'silent' | 'heard' | 'confirmed' = 'silent';
  #ducked = false;
  /** The bot that plays now has been told to be silent. */
  #cut = false;
  #lastCut = -Infinity;

  /** `clockRate` is the rate of the session frames, in Hz. */
  constructor(settings: BargeInSettings, clockRate: number) {
    this.#mode = settings.mode;
    this.#minBotFrames = (settings.minBotMs / 1000) * clockRate;
    this.#cooldownFrames = (settings.cooldownMs / 1000) * clockRate;
  }

  /** Speech was found; a second start of the same speech changes nothing. `at` is the frame of the decision. */
  userStarted(at: number): BargeInCommand | undefined {
    if (this.#user === 'silent') this.#user = 'heard';
    return this.#decide(at);
  }

  /** What was found is speech. Without a start it means nothing. */
  userConfirmed(at: number): BargeInCommand | undefined {
    if (this.#user === 'heard') this.#user = 'confirmed';
    return this.#decide(at);
  }

  /** The user fell silent, or it was a misfire. */
  userStopped(at: number): BargeInCommand | undefined {
    this.#user = 'silent';
    this.#userAtBotStart = 'silent';
    return this.#decide(at);
  }

  /** The bot began to play; a further utterance of a bot that already plays changes nothing. */
  botStarted(at: number): BargeInCommand | undefined {
    if (this.#botSince === undefined || this.#cut) {
      this.#botSince = at;
      this.#cut = false;
      this.#userAtBotStart = this.#user;
    }
    return this.#decide(at);
  }

  /** Nothing of the bot plays or is queued any more: drained, or cut. */
  botStopped(at: number): BargeInCommand | undefined {
    this.#botSince = undefined;
    this.#cut = false;
    return this.#decide(at);
  }

  /** Time passes: a cut that had to wait may be due. */
  advanced(at: number): BargeInCommand | undefined {
    return this.#decide(at);
  }

  #decide(at: number): BargeInCommand | undefined {
    if (this.#mode === 'off') return undefined;
    const contested =
      this.#botSince !== undefined && !this.#cut && this.#user !== 'silent' && this.#userAtBotStart !== 'confirmed';
    const sure = this.#user === 'confirmed' || (this.#mode === 'cut' && this.#userAtBotStart === 'silent');
    if (contested && sure && this.#mayCut(at)) {
      this.#cut = true;
      this.#ducked = false;
      this.#lastCut = at;
      return 'cut';
    }
    const duck = contested && this.#mode === 'duck-then-cut';
    if (duck === this.#ducked) return undefined;
    this.#ducked = duck;
    return duck ? 'duck' : 'restore';
  }

  #mayCut(at: number): boolean {
    return at - (this.#botSince ?? at) >= this.#minBotFrames && at - this.#lastCut >= this.#cooldownFrames;
  }
}
