import { requirePcmRate, toFloat } from '../../codecs/pcm-input.ts';
import { LOW_PASSES } from '../../codecs/kaiser-sinc.ts';
import { Resampler } from '../../codecs/resampler.ts';
import { TurntapeError } from '../../core/errors.ts';
import type { BotMessage } from '../../core/messages/page-engine.ts';
import type { PlayerCommand } from '../../core/messages/player-engine.ts';
import type { ResamplerQuality } from '../../core/settings.ts';
import type { UnheardTails } from './unheard-tails.ts';
import type { UtteranceLedger } from './utterance-ledger.ts';

/** What the bot is given to say, one slice at a time: longer PCM would hold up the detector while it is resampled. */
const SLICE_MS = 200;

export interface BotVoiceOptions {
  utterances: UtteranceLedger;
  /** Rate of the context that plays, in Hz. */
  clockRate: () => number;
  /** How well it is changed to that rate. Default `best`. */
  resampler?: ResamplerQuality | undefined;
  play: (command: PlayerCommand) => void;
  onBegun: (utteranceId: string, turnId: string) => void;
  newId: () => string;
  /** An utterance was given more, as the player gets it. */
  onGiven?: ((utteranceId: string, samples: Float32Array) => void) | undefined;
  /** Where what is never played is kept, when it is. */
  tails?: UnheardTails | undefined;
}

type Task =
  | { type: 'pcm'; utteranceId: string; samples: Float32Array; sampleRate: number }
  | { type: 'end'; utteranceId: string };

/**
 * The way of the bot's audio from the app to the player: counted as generated, resampled to the context's rate, handed
 * on in order. What arrives for an utterance that is over is counted and never played; its tail may be kept.
 */
export class BotVoice {
  readonly #options: BotVoiceOptions;
  readonly #tasks: Task[] = [];
  readonly #resamplers = new Map<string, { resampler: Resampler; inputRate: number }>();
  #implicit: string | undefined;
  #running = false;

  constructor(options: BotVoiceOptions) {
    this.#options = options;
  }

  /** Throws a TurntapeError `invalid_argument` that names the field; nothing is lost by it. */
  take(message: Extract<BotMessage, { type: 'begin' | 'pcm' | 'end' }>): void {
    switch (message.type) {
      case 'begin':
        this.#begin(message.utteranceId, message.turnId);
        return;
      case 'pcm':
        this.#write(message);
        return;
      case 'end':
        this.#end(message.utteranceId);
        return;
    }
  }

  /** The utterances that are over take no more audio: what is in hand for them is dropped. */
  drop(utteranceIds: readonly string[]): void {
    for (const utteranceId of utteranceIds) {
      if (!this.#options.tails) this.#resamplers.delete(utteranceId);
      if (this.#implicit === utteranceId) this.#implicit = undefined;
    }
  }

  /** Does at once what is still to be done, for what was cut: the session ends. */
  flush(): void {
    for (let task = this.#tasks.shift(); task; task = this.#tasks.shift()) this.#do(task);
  }

  #begin(utteranceId: string, turnId: string): void {
    if (this.#options.utterances.isKnown(utteranceId)) return;
    this.#options.utterances.begin(utteranceId);
    this.#options.tails?.begin(utteranceId, turnId);
    this.#options.onBegun(utteranceId, turnId);
    this.#options.play({ type: 'begin', utteranceId });
  }

  #write(message: Extract<BotMessage, { type: 'pcm' }>): void {
    const { sampleRate } = message;
    const samples = toFloat(message.samples, message.encoding);
    requirePcmRate(sampleRate);
    const utteranceId = message.utteranceId ?? this.#implicitUtterance();
    if (!this.#options.utterances.isKnown(utteranceId))
      throw new TurntapeError('invalid_argument', `utterance ${utteranceId} was never begun`, { field: 'utteranceId' });
    this.#options.utterances.generated(utteranceId, (samples.length / sampleRate) * 1000);
    const slice = Math.ceil((SLICE_MS / 1000) * sampleRate);
    for (let at = 0; at < samples.length; at += slice)
      this.#tasks.push({ type: 'pcm', utteranceId, samples: samples.subarray(at, at + slice), sampleRate });
    this.#run();
  }

  #end(utteranceId = this.#implicit): void {
    if (utteranceId === undefined) return;
    if (utteranceId === this.#implicit) this.#implicit = undefined;
    this.#tasks.push({ type: 'end', utteranceId });
    this.#run();
  }

  #implicitUtterance(): string {
    if (this.#implicit === undefined) {
      this.#implicit = this.#options.newId();
      this.#begin(this.#implicit, this.#options.newId());
    }
    return this.#implicit;
  }

  /** One task now, the rest each in a turn of the event loop of its own: blocks from the audio thread come between. */
  #run(): void {
    if (this.#running) return;
    const task = this.#tasks.shift();
    if (!task) return;
    this.#do(task);
    this.#running = this.#tasks.length > 0;
    if (this.#running)
      setTimeout(() => {
        this.#running = false;
        this.#run();
      });
  }

  #do(task: Task): void {
    const { utteranceId } = task;
    const { utterances, tails } = this.#options;
    if (!utterances.isOpen(utteranceId) && !tails?.wants(utteranceId)) {
      this.#resamplers.delete(utteranceId);
      return;
    }
    if (task.type === 'pcm') {
      this.#play(utteranceId, this.#resampler(utteranceId, task.sampleRate).process(task.samples));
      return;
    }
    const last = this.#resamplers.get(utteranceId);
    if (last) this.#play(utteranceId, last.resampler.flush());
    this.#resamplers.delete(utteranceId);
    tails?.complete(utteranceId);
    if (utterances.isOpen(utteranceId)) this.#options.play({ type: 'end', utteranceId });
  }

  #resampler(utteranceId: string, inputRate: number): Resampler {
    const known = this.#resamplers.get(utteranceId);
    if (known?.inputRate === inputRate) return known.resampler;
    // The rate changed in the middle of an utterance: what the old filter still holds comes first.
    if (known) this.#play(utteranceId, known.resampler.flush());
    const resampler = new Resampler(
      inputRate,
      this.#options.clockRate(),
      LOW_PASSES[this.#options.resampler ?? 'best'],
    );
    this.#resamplers.set(utteranceId, { resampler, inputRate });
    return resampler;
  }

  #play(utteranceId: string, samples: Float32Array): void {
    if (samples.length === 0) return;
    this.#options.tails?.given(utteranceId, samples);
    // A copy of its own: the buffer is transferred.
    if (!this.#options.utterances.isOpen(utteranceId)) return;
    this.#options.onGiven?.(utteranceId, samples);
    this.#options.play({ type: 'pcm', utteranceId, samples: samples.slice() });
  }
}
