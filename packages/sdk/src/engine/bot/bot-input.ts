import { OPUS_RATE } from '../../codecs/opus-head.ts';
import { TurntapeError } from '../../core/errors.ts';
import type { BotMessage } from '../../core/messages/page-engine.ts';
import type { BotVoice } from './bot-voice.ts';
import { OpusInput } from './opus-input.ts';
import type { PassThrough } from './pass-through.ts';
import type { UtteranceLedger } from './utterance-ledger.ts';

export interface BotInputOptions {
  voice: BotVoice;
  utterances: UtteranceLedger;
  passThrough: PassThrough;
  onError: (error: TurntapeError) => void;
}

/** What the app gives of the bot: PCM goes on as it is, Opus packets as what they decode to, each utterance in its order. */
export class BotInput {
  readonly #options: BotInputOptions;
  readonly #opus = new Map<string, OpusInput>();

  constructor(options: BotInputOptions) {
    this.#options = options;
  }

  /** Errors: `invalid_argument`, for a packet of an utterance that was never begun. */
  take(message: Extract<BotMessage, { type: 'begin' | 'pcm' | 'opus' | 'end' }>): void {
    const { voice, passThrough } = this.#options;
    if (message.type === 'opus') {
      this.#opusInput(message).write(message.packet);
      passThrough.packet(message.utteranceId, message.packet, message.preSkip);
      return;
    }
    const { utteranceId = '' } = message;
    const opus = this.#opus.get(utteranceId);
    if (opus && message.type === 'end') {
      this.#opus.delete(utteranceId);
      void opus.end().then(() => voice.take(message));
      return;
    }
    // PCM among packets is played where it came, but the file is no longer the packets alone.
    if (message.type === 'pcm') passThrough.disturbed(utteranceId);
    voice.take(message);
  }

  #opusInput({ utteranceId, preSkip }: Extract<BotMessage, { type: 'opus' }>): OpusInput {
    const known = this.#opus.get(utteranceId);
    if (known) return known;
    const { voice, utterances, passThrough, onError } = this.#options;
    if (!utterances.isKnown(utteranceId))
      throw new TurntapeError('invalid_argument', `utterance ${utteranceId} was never begun`, { field: 'utteranceId' });
    const input = new OpusInput({
      preSkip,
      onPcm: (samples) => voice.take({ type: 'pcm', utteranceId, samples, sampleRate: OPUS_RATE }),
      onError: (error) => {
        passThrough.disturbed(utteranceId);
        onError(error);
      },
    });
    this.#opus.set(utteranceId, input);
    return input;
  }
}
