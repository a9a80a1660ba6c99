import { FrameProcessor, type FrameProcessorEvent } from '@ricky0123/vad-web/dist/frame-processor.js';
import { Message } from '@ricky0123/vad-web/dist/messages.js';
import type { VadSettings } from '../../core/settings.ts';
import { MODEL_RATE } from './probability-model.ts';

/** What a window brought about. A window can both start and confirm. */
export type GateNews = 'start' | 'confirmed' | 'end' | 'misfire';

/**
 * FrameProcessor keeps every frame of an utterance until it ends: 4 MB a minute. It never looks into them, so it gets
 * this one empty frame each time, and the probabilities from outside.
 */
const NO_SAMPLES = new Float32Array(0);

/**
 * Probabilities in, beginnings and ends of speech out: the frame logic of vad-web, which is Silero's own. Speech begins
 * with the first window at or above the positive threshold, is confirmed by `minSpeechMs` of such windows, and ends
 * after `endSilenceMs` of windows below the negative threshold. Both are counted in whole windows, rounded down, at
 * least one.
 */
export class SpeechGate {
  readonly #settings: VadSettings;
  #windowFrames: number;
  #processor: FrameProcessor;
  #probability = 0;

  constructor(settings: VadSettings, windowFrames: number) {
    this.#settings = settings;
    this.#windowFrames = windowFrames;
    this.#processor = this.#createProcessor(windowFrames);
  }

  /** Windows remembered of an open speech. */
  get remembered(): number {
    return this.#processor.audioBuffer.length;
  }

  /** The probability of the next window. */
  async hear(probability: number): Promise<readonly GateNews[]> {
    const news: GateNews[] = [];
    this.#probability = probability;
    await this.#processor.process(NO_SAMPLES, (event) => collect(event, news));
    this.#trim();
    return news;
  }

  /** Speech begins before a window is whole; that window and the next ones decide whether it is confirmed. */
  open(): readonly GateNews[] {
    if (this.#processor.speaking) return [];
    Object.assign(this.#processor, { speaking: true, redemptionCounter: 0, speechFrameCount: 0 });
    return ['start'];
  }

  get isOpen(): boolean {
    return this.#processor.speaking;
  }

  /** Ends what is open, now. */
  close(): readonly GateNews[] {
    const news: GateNews[] = [];
    this.#processor.endSegment((event) => collect(event, news));
    return news;
  }

  /**
   * The windows are of another length from here on. An open speech stays open: what was counted for its confirmation
   * and for its end is converted, rounded down.
   */
  resize(windowFrames: number): void {
    if (windowFrames === this.#windowFrames) return;
    const old = this.#processor;
    const scale = this.#windowFrames / windowFrames;
    this.#windowFrames = windowFrames;
    this.#processor = this.#createProcessor(windowFrames);
    if (!old.speaking) return;
    const { minSpeechFrames } = this.#processor;
    const counted = Math.floor(old.speechFrameCount * scale);
    // FrameProcessor confirms when its count meets the minimum exactly: it must not be beyond it unconfirmed.
    const speechFrameCount = old.speechRealStartFired
      ? Math.max(counted, minSpeechFrames)
      : Math.min(counted, minSpeechFrames - 1);
    Object.assign(this.#processor, {
      speaking: true,
      speechRealStartFired: old.speechRealStartFired,
      redemptionCounter: Math.floor(old.redemptionCounter * scale),
      speechFrameCount,
      audioBuffer: Array.from({ length: speechFrameCount }, () => ({ frame: NO_SAMPLES, isSpeech: true })),
    });
  }

  #createProcessor(windowFrames: number): FrameProcessor {
    const { positiveSpeechThreshold, negativeSpeechThreshold, minSpeechMs, endSilenceMs } = this.#settings;
    const windowMs = (windowFrames / MODEL_RATE) * 1000;
    const processor = new FrameProcessor(
      () => Promise.resolve({ isSpeech: this.#probability, notSpeech: 1 - this.#probability }),
      () => {}, // the model's memory is the detector's to reset
      {
        positiveSpeechThreshold,
        negativeSpeechThreshold,
        // With a minimum of no windows FrameProcessor would never confirm.
        minSpeechMs: Math.max(minSpeechMs, windowMs),
        redemptionMs: endSilenceMs,
        preSpeechPadMs: 0, // the pre-roll is the turn tracker's
        submitUserSpeechOnPause: false,
      },
      windowMs,
    );
    processor.resume();
    return processor;
  }

  /**
   * The list of windows grows as long as speech lasts, and only decides whether it was a misfire. Once speech is
   * confirmed, the windows that confirmed it are enough: an hour of speech takes no more memory than a second.
   */
  #trim(): void {
    const { audioBuffer, minSpeechFrames, speechRealStartFired } = this.#processor;
    if (!speechRealStartFired || audioBuffer.length <= minSpeechFrames) return;
    this.#processor.audioBuffer = audioBuffer.filter((item) => item.isSpeech).slice(0, minSpeechFrames);
  }
}

function collect(event: FrameProcessorEvent, news: GateNews[]): void {
  switch (event.msg) {
    case Message.SpeechStart:
      news.push('start');
      break;
    case Message.SpeechRealStart:
      news.push('confirmed');
      break;
    case Message.SpeechEnd:
      news.push('end');
      break;
    case Message.VADMisfire:
      news.push('misfire');
      break;
    case Message.FrameProcessed:
      break;
  }
}
