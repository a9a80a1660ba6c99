import { FOR_DETECTION } from '../../codecs/kaiser-sinc.ts';
import { Resampler } from '../../codecs/resampler.ts';
import { TurntapeError } from '../../core/errors.ts';
import type { VadSettings } from '../../core/settings.ts';
import { pause } from '../pause.ts';
import { EnergyModel } from './energy-model.ts';
import { lookThreshold } from './look-threshold.ts';
import { MODEL_RATE, type ProbabilityModel } from './probability-model.ts';
import { SoundRun, meanPower } from './sound-run.ts';
import { type GateNews, SpeechGate } from './speech-gate.ts';
import { type Window, WindowQueue } from './window-queue.ts';

export type { ProbabilityModel } from './probability-model.ts';

/** What was found, in session frames. Each `start` is followed by exactly one `end`, with at most one `confirmed` between. */
export type SpeechFact =
  /**
   * `onset`: first frame of the 32 ms in which speech was found; `decided`: the frame after these. `echoLikelihood`
   * is added on the way to the user's voice.
   */
  | { type: 'start'; onset: number; decided: number; echoLikelihood?: number }
  /** As much as `minSpeechMs` of it is speech; `at` is the frame after the window that completed it. */
  | { type: 'confirmed'; at: number }
  /** `end`: the frame after the last window of speech; `misfire`: it was never confirmed. */
  | { type: 'end'; end: number; decided: number; misfire: boolean };

/** What a detector is made of. */
export interface SpeechDetectorOptions {
  settings: VadSettings;
  /** Session frames per second. */
  clockRate: number;
  /** Whoever made it releases it: the detector releases none. */
  model: ProbabilityModel;
  /** Called in the order of the audio. */
  onFact(fact: SpeechFact): void;
  /** Every window that was judged, session frames [from, to), before the facts that follow from it. */
  onWindow?(from: number, to: number, probability: number): void;
  /** A model failed (`vad_failed`); another has taken over, beginning with the window at which it failed. */
  onError(error: TurntapeError): void;
}

/** What lies between two windows of the queue. */
type Order =
  /** The next window does not continue the last. */
  | { type: 'reset' }
  /** A hole of at least `endSilenceMs`: an open speech ended in it. */
  | { type: 'break'; decided: number }
  /** No more audio counts towards an open speech. */
  | { type: 'end'; at: number };

/** A hole of this length or more is a window's worth: what the model remembers is not what came before. */
const RESET_HOLE_MS = 32;

/** In frames of the model. The shortest burst of 10 ms is three quanta, 8 ms at 48 kHz; the resampler may hold back a little of it. */
const SHORT_FRAMES = 8;

/**
 * So many times in a row nothing new has come in: the burst is over. Three take 0.2 ms; after one, the fourth quantum of four was
 * missed in two cases of five. An engine that is busy with other things does not wait for ever.
 */
const IDLE_PAUSES = 3;
const MOST_PAUSES = 8;

/**
 * Finds speech in one track of the session. Audio goes in as it comes; windows are cut, judged one after the other and
 * answered by facts at exact session frames, however long a judgement takes: nothing is skipped, nothing blocks, what
 * waits is kept.
 */
export class SpeechDetector {
  readonly #options: SpeechDetectorOptions;
  readonly #gate: SpeechGate;
  readonly #resampler: Resampler;
  readonly #sound = new SoundRun();
  #model: ProbabilityModel;
  #nextModel: ProbabilityModel | undefined;
  #queue: WindowQueue<Order> | undefined;
  #fedTo = 0;
  #speechEnd = 0;
  #endedAt = 0;
  readonly #leastPower: number;
  /** Of the window that is not whole yet, in frames of the model. */
  #peeked = 0;
  #close = false;
  #busy = false;
  #settled: Promise<void> = Promise.resolve();

  constructor(options: SpeechDetectorOptions) {
    const { settings, clockRate, model } = options;
    this.#options = options;
    this.#model = model;
    this.#gate = new SpeechGate(settings, model.windowFrames);
    // Of no limit it is 0, and nothing is less.
    this.#leastPower = 10 ** ((settings.minLevelDb ?? -Infinity) / 10);
    this.#resampler = new Resampler(clockRate, MODEL_RATE, FOR_DETECTION);
  }

  /** The model in charge: what was asked for, or what stands in for it. */
  get model(): ProbabilityModel {
    return this.#model;
  }

  /**
   * The track's audio from session frame `fromFrame` on. Frames that were fed before are not heard twice. A hole is
   * silence, as it is in the track: one of `endSilenceMs` or more ends an open speech where it was.
   */
  feed(fromFrame: number, samples: Float32Array): void {
    const queue = this.#queueFrom(fromFrame);
    if (fromFrame > this.#fedTo) this.#skipTo(fromFrame, queue);
    const fresh = samples.subarray(this.#fedTo - fromFrame);
    if (fresh.length === 0) return;
    this.#fedTo += fresh.length;
    this.#append(queue, fresh);
    this.#run();
  }

  /** Settles when every whole window fed up to now is decided. Rejects with what a callback threw. */
  settle(): Promise<void> {
    return this.#settled;
  }

  /**
   * Decide sooner, at the cost of up to `phases` times the work while nobody speaks: between two windows the model looks at
   * the newest 32 ms as well, a part of a window after it looked last at the soonest. A detector that has fallen behind leaves
   * that out.
   */
  listenClosely(close: boolean): void {
    this.#close = close;
  }

  /** Another model takes over at the next window. An open speech stays open. */
  useModel(model: ProbabilityModel): void {
    this.#nextModel = model;
    this.#run();
  }

  /** Ends an open speech at the last frame fed. What is fed later is heard as before. */
  endSpeech(): void {
    this.#queue?.mark({ type: 'end', at: this.#fedTo });
    this.#run();
  }

  #queueFrom(fromFrame: number): WindowQueue<Order> {
    if (!this.#queue) {
      this.#queue = new WindowQueue(this.#options.clockRate, fromFrame);
      this.#fedTo = fromFrame;
    }
    return this.#queue;
  }

  #skipTo(frame: number, queue: WindowQueue<Order>): void {
    const hole = frame - this.#fedTo;
    const endSilence = this.#toFrames(this.#options.settings.endSilenceMs);
    if (hole < endSilence) {
      if (hole >= this.#toFrames(RESET_HOLE_MS)) queue.mark({ type: 'reset' });
      this.#append(queue, new Float32Array(hole));
    } else {
      queue.append(this.#resampler.flush());
      queue.jump({ type: 'break', decided: this.#fedTo + endSilence }, this.#fedTo, frame);
    }
    this.#fedTo = frame;
  }

  #append(queue: WindowQueue<Order>, samples: Float32Array): void {
    const resampled = this.#resampler.process(samples);
    // At 16 kHz the resampler may hand back what it was given, and that belongs to the caller.
    queue.append(resampled.buffer === samples.buffer ? resampled.slice() : resampled);
  }

  #run(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#settled = this.#decideAll();
  }

  async #decideAll(): Promise<void> {
    try {
      // What is decided takes effect when the audio thread's burst is over: the rest of it is heard first.
      if (this.#looks) await this.#heardAll();
      for (;;) {
        this.#adoptModel();
        const item = this.#queue?.peek(this.#model.windowFrames);
        if (!item) {
          const part = this.#nextPart();
          if (!part) return;
          await this.#lookEarly(part);
          continue;
        }
        const heard = this.#peeked;
        this.#peeked = 0;
        if (item.type === 'mark') {
          this.#queue?.take(item);
          this.#obey(item.order);
          continue;
        }
        const probability = await this.#judge(item.samples, () => this.#model.probability(item.samples));
        if (probability === undefined) continue; // the same audio again, by the next model
        this.#queue?.take(item);
        this.#sound.hear(item.samples.subarray(heard, item.taken));
        await this.#hear(item, probability);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Settles when nothing more comes in: the quanta of a burst are told one by one, a tenth of a millisecond apart. */
  async #heardAll(): Promise<void> {
    let heard = this.#fedTo;
    for (let [idle, all] = [0, 0]; idle < IDLE_PAUSES && all < MOST_PAUSES; all += 1) {
      await pause();
      idle = this.#fedTo === heard ? idle + 1 : 0;
      heard = this.#fedTo;
    }
  }

  /** Does it look between two windows? */
  get #looks(): boolean {
    return this.#close && !this.#gate.isOpen && this.#model.peek !== undefined && this.#phases > 1;
  }

  get #phases(): number {
    return this.#options.settings.phases ?? 1;
  }

  /** What there is of a window that is not whole yet, if it is worth a look. */
  #nextPart(): Window | undefined {
    if (!this.#looks) return undefined;
    return this.#queue?.part(this.#peeked + this.#model.windowFrames / this.#phases - SHORT_FRAMES);
  }

  async #lookEarly(part: Window): Promise<void> {
    const probability = await this.#judge(part.samples, () => this.#model.peek?.(part.samples));
    this.#sound.hear(part.samples.subarray(this.#peeked));
    this.#peeked = part.taken;
    const { positiveSpeechThreshold } = this.#options.settings;
    if (probability === undefined || probability < lookThreshold(positiveSpeechThreshold, this.#sound.lastsMs)) return;
    if (part.to <= this.#endedAt) return;
    this.#gate.open();
    this.#speechEnd = part.to;
    // What was looked at is as long as a window, and ends with the part.
    const before = this.#model.windowFrames - part.taken;
    this.#start(part.from - Math.round((before / MODEL_RATE) * this.#options.clockRate), part.to);
  }

  async #judge(samples: Float32Array, ask: () => number | undefined | Promise<number>): Promise<number | undefined> {
    try {
      // Asked also where it does not count: the model remembers what it heard.
      const probability = (await ask()) ?? NaN;
      if (Number.isFinite(probability)) return this.#isTooQuiet(samples) ? 0 : probability;
      throw new RangeError(`the model answered ${probability}`);
    } catch (cause) {
      this.#giveUp(cause);
      return undefined;
    }
  }

  /** A cut waits for this: without a limit nothing is summed. */
  #isTooQuiet(samples: Float32Array): boolean {
    return this.#leastPower > 0 && meanPower(samples) < this.#leastPower;
  }

  #giveUp(cause: unknown): void {
    const failed = this.#model;
    if (failed instanceof EnergyModel) throw cause;
    this.#nextModel ??= new EnergyModel();
    this.#options.onError(
      new TurntapeError('vad_failed', `The detector '${failed.name}' failed; '${this.#nextModel.name}' takes over.`, {
        cause,
      }),
    );
  }

  #adoptModel(): void {
    const next = this.#nextModel;
    if (!next) return;
    this.#nextModel = undefined;
    this.#model = next;
    this.#peeked = 0;
    this.#gate.resize(next.windowFrames);
    next.reset();
  }

  #obey(order: Order): void {
    switch (order.type) {
      case 'reset':
        this.#model.reset();
        this.#sound.interrupt();
        break;
      case 'break':
        this.#end(this.#gate.close(), this.#speechEnd, order.decided);
        this.#model.reset();
        this.#sound.interrupt();
        break;
      case 'end':
        this.#endedAt = order.at;
        this.#end(this.#gate.close(), order.at, order.at);
        break;
    }
  }

  async #hear(window: Window, probability: number): Promise<void> {
    // The resampler looks ahead, so an end by order may lie beyond windows that are still to come, or within one.
    const counts = window.to > this.#endedAt;
    this.#options.onWindow?.(window.from, window.to, counts ? probability : 0);
    const news = await this.#gate.hear(counts ? probability : 0);
    if (counts && probability >= this.#options.settings.positiveSpeechThreshold) this.#speechEnd = window.to;
    if (news.includes('start')) this.#start(window.from, window.to);
    if (news.includes('confirmed')) this.#options.onFact({ type: 'confirmed', at: window.to });
    this.#end(news, this.#speechEnd, window.to);
  }

  /** `from`: where what was looked at begins. */
  #start(from: number, decided: number): void {
    this.#options.onFact({ type: 'start', onset: Math.max(from, this.#endedAt, 0), decided });
  }

  #end(news: readonly GateNews[], end: number, decided: number): void {
    if (news.includes('end')) this.#options.onFact({ type: 'end', end, decided, misfire: false });
    if (news.includes('misfire')) this.#options.onFact({ type: 'end', end, decided, misfire: true });
  }

  #toFrames(milliseconds: number): number {
    return Math.round((milliseconds / 1000) * this.#options.clockRate);
  }
}
