import { TurntapeError } from '../core/errors.ts';
import type { BotMessage } from '../core/messages/page-engine.ts';
import type { PcmSamples } from '../core/pcm.ts';
import type { TurnSettings } from '../core/settings.ts';
import type { TypedPort } from '../core/messages/ports.ts';
import { type WrittenFormat, checkPcm, isOpus } from './options/check-pcm.ts';

/** The user's side of a session: turns by hand (push-to-talk), and what the voice backend's detector says. */
export class User {
  readonly #port: Pick<TypedPort<BotMessage, never>, 'send'>;
  readonly #ended: () => boolean;
  readonly #mode: TurnSettings['mode'];

  readonly #written: boolean;

  /** @internal */
  constructor(
    port: Pick<TypedPort<BotMessage, never>, 'send'>,
    ended: () => boolean,
    mode: TurnSettings['mode'],
    written: boolean,
  ) {
    this.#mode = mode;
    this.#port = port;
    this.#ended = ended;
    this.#written = written;
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
    if (!this.#written)
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

  #requireMarks(): void {
    this.#requireLive();
    if (this.#mode === 'continuous')
      throw new TurntapeError('invalid_argument', "the whole track is one turn: turns.mode is 'continuous'", {
        field: 'turns.mode',
      });
  }

  #requireLive(): void {
    if (this.#ended()) throw new TurntapeError('session_ended', 'the session has ended');
  }
}
