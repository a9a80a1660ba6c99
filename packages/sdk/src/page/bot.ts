import { TurntapeError } from '../core/errors.ts';
import type { InterruptionEvent, UtteranceResult } from '../core/events.ts';
import { type BotMessage, type CutResult, botMessageTransferables } from '../core/messages/page-engine.ts';
import { type TypedPort, typedPort } from '../core/messages/ports.ts';
import type { PcmSamples } from '../core/pcm.ts';
import { type WrittenFormat, checkPcm, isOpus } from './options/check-pcm.ts';
import { checkVolume } from './options/check-volume.ts';
import { type Attachment, type AttachOptions, type AttachSource } from './audio/attachment.ts';

/** Ids of what the bot is about to say. Both optional; several utterances with one `turnId` are one turn. */
export interface UtteranceIds {
  utteranceId?: string;
  turnId?: string;
}

/** One thing the bot is given to say: played whole, in part, or never. */
export interface Utterance {
  readonly utteranceId: string;
  /** Known at once, before anything is played. */
  readonly turnId: string;
  /**
   * Gives more audio: PCM, or one Opus packet with `{ encoding: 'opus' }`. It is copied. After a cut it counts as generated
   * and is never played. Packets that were played whole are the segment's file, without a second encoding.
   */
  write(pcm: PcmSamples, format: WrittenFormat): void;
  /** Complete: the turn ends when it has drained. Running dry before this never splits it. */
  end(): void;
  /** Settles when it has drained or was cut, or with the session's end. */
  readonly done: Promise<UtteranceResult>;
}

/** What the bot's side needs of its session. */
export interface BotWiring {
  port: Pick<TypedPort<BotMessage, never>, 'send'>;
  interrupt: (cause: 'manual' | 'server') => Promise<CutResult | undefined>;
  attach: (source: AttachSource, options: AttachOptions) => Attachment;
  /** A further port of the same kind, for another thread. */
  openPort: () => MessagePort;
  ended: () => boolean;
}

/** The bot's side of a session: what it says is played by us (`begin`, `write`) or already played by others (`attach`). */
export class Bot {
  readonly #wiring: BotWiring;
  readonly #done = new Map<string, PromiseWithResolvers<UtteranceResult>>();
  #implicit: Utterance | undefined;
  #attachment: Attachment | undefined;
  #volume = 1;

  /** @internal */
  constructor(wiring: BotWiring) {
    this.#wiring = wiring;
  }

  /** Begins something to say. It is queued behind what is still playing. Errors: `session_ended`, `invalid_argument`. */
  begin({ utteranceId = crypto.randomUUID(), turnId = crypto.randomUUID() }: UtteranceIds = {}): Utterance {
    this.#requireLive();
    if (this.#attachment)
      throw new TurntapeError('source_taken', 'a stream is attached: the bot is either written or attached');
    if (this.#done.has(utteranceId))
      throw new TurntapeError('invalid_argument', `utteranceId ${utteranceId} was used before`, {
        field: 'utteranceId',
      });
    const done = Promise.withResolvers<UtteranceResult>();
    this.#done.set(utteranceId, done);
    this.#wiring.port.send({ type: 'begin', utteranceId, turnId });
    return {
      utteranceId,
      turnId,
      done: done.promise,
      write: (pcm, format) => this.#write(utteranceId, pcm, format),
      end: () => this.#wiring.port.send({ type: 'end', utteranceId }),
    };
  }

  /** Gives audio to the implicit utterance, which begins with it. */
  write(pcm: PcmSamples, format: WrittenFormat): void {
    this.#implicit ??= this.begin();
    this.#implicit.write(pcm, format);
  }

  /** The implicit utterance is complete. */
  end(): void {
    this.#implicit?.end();
    this.#implicit = undefined;
  }

  /** Cuts the bot by hand (or by word of the voice backend: `cause: 'server'`). Undefined: nothing was playing. */
  interrupt({ cause = 'manual' }: { cause?: 'manual' | 'server' } = {}): Promise<CutResult | undefined> {
    this.#requireLive();
    return this.#wiring.interrupt(cause);
  }

  /**
   * Records a stream that someone else produces. Errors: `source_foreign_context`, `source_taken`, `source_empty`.
   * One at a time; detach it before the next, or before writing.
   */
  async attach(source: AttachSource, options: AttachOptions = {}): Promise<Attachment> {
    this.#requireLive();
    if (this.#attachment) throw new TurntapeError('source_taken', 'a stream is attached already: detach it first');
    const attachment = this.#wiring.attach(source, options);
    this.#attachment = {
      ...attachment,
      detach: async () => {
        this.#attachment = undefined;
        await attachment.detach();
      },
    };
    return this.#attachment;
  }

  /**
   * A port for a thread of yours: it takes `{ type: 'pcm', samples, sampleRate }` and `{ type: 'end' }` (and `begin`
   * with ids of your own), so that the bot's audio never crosses the page. Transfer the samples' buffers.
   */
  get port(): MessagePort {
    this.#requireLive();
    return this.#wiring.openPort();
  }

  /** How loud the bot is for the user: what `setVolume()` was given last, 1 before that. */
  get volume(): number {
    return this.#volume;
  }

  /**
   * Makes the bot softer for the user, from now on and for what comes: 0 … 1, a factor of the amplitude, in a ramp of 20 ms. It
   * holds for whatever we play, multiplies with a duck, and is in no recording: files are the same at every volume, and each says
   * which one was in force (`capture.volume`). A stream that somebody else plays is as loud as they play it: follow the event
   * `volume`. Errors: `invalid_argument` names the field `volume`, `session_ended`.
   */
  setVolume(volume: number): void {
    this.#requireLive();
    this.#volume = checkVolume(volume);
    this.#wiring.port.send({ type: 'volume', volume });
  }

  /** @internal */
  settle(utteranceId: string, result: UtteranceResult): void {
    this.#done.get(utteranceId)?.resolve(result);
    if (this.#implicit?.utteranceId === utteranceId) this.#implicit = undefined;
  }

  /** @internal An attached stream that we do not play can only be cut by who plays it. */
  interrupted(event: InterruptionEvent): void {
    this.#attachment?.onCut?.(event);
  }

  /** @internal What the engine can settle no more. */
  settleRest(): void {
    const nothing = { renderedMs: 0, heardMs: 0, generatedMs: 0, interrupted: true };
    for (const done of this.#done.values()) done.resolve(nothing);
  }

  #write(utteranceId: string, pcm: PcmSamples, format: WrittenFormat): void {
    if (isOpus(pcm, format)) {
      const packet = Uint8Array.from(pcm);
      this.#wiring.port.send({ type: 'opus', utteranceId, packet, preSkip: format.preSkip ?? 0 });
      return;
    }
    checkPcm(pcm, format);
    this.#wiring.port.send({ type: 'pcm', utteranceId, samples: pcm.slice(), ...format });
  }

  #requireLive(): void {
    if (this.#wiring.ended()) throw new TurntapeError('session_ended', 'the session has ended');
  }
}

/** @internal */
export function botPort(port: MessagePort): TypedPort<BotMessage, never> {
  return typedPort<BotMessage, never>(port, botMessageTransferables);
}
