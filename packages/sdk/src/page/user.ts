import { TurntapeError } from '../core/errors.ts';
import type { BotMessage } from '../core/messages/page-engine.ts';
import type { TeeOptions, TeeSettings } from '../core/messages/tee.ts';
import type { PcmSamples } from '../core/pcm.ts';
import type { TurnSettings } from '../core/settings.ts';
import type { TypedPort } from '../core/messages/ports.ts';
import { checkTee } from './options/check-tee.ts';
import { type WrittenFormat, checkPcm, isOpus } from './options/check-pcm.ts';

/** What the user's side needs of its session. */
export interface UserWiring {
  port: Pick<TypedPort<BotMessage, never>, 'send'>;
  ended: () => boolean;
  openTee: (settings: TeeSettings) => MessagePort;
  mode: TurnSettings['mode'];
  /** The app writes the user's audio; no microphone is ours. */
  isWritten: boolean;
}

/** The user's audio for the app, as `session.user.tee()` opened it. */
export interface UserTee extends TeeSettings {
  /**
   * Where the frames come out: `TeeMessage` out, `TeeReply` in, as `turntape/tee` has them. To be given to a worker, which then
   * gets them while the page stands still. Answer each frame: `readTee(port)` does.
   */
  readonly port: MessagePort;
}

/** The user's side of a session: turns by hand (push-to-talk), and what the voice backend's detector says. */
export class User {
  readonly #wiring: UserWiring;
  readonly #port: UserWiring['port'];

  /** @internal */
  constructor(wiring: UserWiring) {
    this.#wiring = wiring;
    this.#port = wiring.port;
  }

  /**
   * Gives the user's next audio, for an app with a microphone stack of its own (`microphone: false`). It takes the way of a
   * microphone: detector, turns, files. Write it as it comes, in pieces of 10 to 100 ms: the first ends now, each follows
   * the one before, and a stream that brings nothing for half a second is silence and a gap (`stream_stalled`) until it
   * goes on. Mono, or one Opus packet with
   * `{ encoding: 'opus' }`; it is copied. Errors: `invalid_argument` names the field, `source_taken` when a microphone is
   * open, `session_ended`.
   */
  write(pcm: PcmSamples, format: WrittenFormat): void {
    this.#requireLive();
    if (!this.#wiring.isWritten)
      throw new TurntapeError('source_taken', 'a microphone is open: to write the user, set microphone: false', {
        field: 'microphone',
      });
    if (isOpus(pcm, format)) {
      this.#port.send({ type: 'user-opus', packet: Uint8Array.from(pcm), preSkip: format.preSkip ?? 0 });
      return;
    }
    checkPcm(pcm, format);
    this.#port.send({ type: 'user-pcm', samples: pcm.slice(), ...format });
  }

  /**
   * Begins a turn now, as a pressed key does: nothing before it goes into the file. Until `endTurn()` the detector is not
   * asked. Error: `invalid_argument` with `turns.mode: 'continuous'`, where everything is one turn.
   */
  startTurn(): { turnId: string } {
    this.#requireMarks();
    const turnId = crypto.randomUUID();
    this.#port.send({ type: 'turn-start', speaker: 'user', turnId, wallMs: Date.now() });
    return { turnId };
  }

  /** Ends the turn that `startTurn()` began. */
  endTurn(): void {
    this.#requireMarks();
    this.#port.send({ type: 'turn-end', speaker: 'user', wallMs: Date.now() });
  }

  /**
   * The voice backend's detector heard the user begin or end. Whoever is first, it or the device's own, starts the turn:
   * there is one start for each utterance.
   */
  serverVad(speech: boolean): void {
    this.#requireLive();
    this.#port.send({ type: 'server-vad', speech });
  }

  /**
   * The user's audio beside the recorder, from now on, so that one microphone serves both: frames of one length, rate and format,
   * one behind the other, on the session's timeline. It is what the recorder hears: silence while muted, where something is missing
   * (`gap`), and with `vad: false` outside of the turns that are marked. A reader who is more than eleven seconds behind loses
   * the oldest and is told (`lostMs`); the recorder waits for nobody. It ends with the session; after `engine_restarted` open
   * another. Errors: `invalid_argument` names the field, `session_ended`.
   */
  tee(options: TeeOptions = {}): UserTee {
    this.#requireLive();
    const settings = checkTee(options);
    return { ...settings, port: this.#wiring.openTee(settings) };
  }

  #requireMarks(): void {
    this.#requireLive();
    if (this.#wiring.mode === 'continuous')
      throw new TurntapeError('invalid_argument', "the whole track is one turn: turns.mode is 'continuous'", {
        field: 'turns.mode',
      });
  }

  #requireLive(): void {
    if (this.#wiring.ended()) throw new TurntapeError('session_ended', 'the session has ended');
  }
}
