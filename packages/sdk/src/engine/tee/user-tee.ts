import {
  TEE_AHEAD_MS,
  TEE_WAITING_MS,
  type TeeFrame,
  type TeeMessage,
  type TeeReply,
  type TeeSettings,
  type TeeStats,
} from '../../core/messages/tee.ts';
import type { TypedPort } from '../../core/messages/ports.ts';
import type { ResamplerQuality } from '../../core/settings.ts';
import type { SessionClock } from '../capture/session-clock.ts';
import { FrameCutter } from './frame-cutter.ts';

export interface UserTeeOptions {
  settings: TeeSettings;
  clock: Pick<SessionClock, 'rate' | 'toMs'>;
  /** How well the track is changed to the tee's rate. */
  resampler?: ResamplerQuality | undefined;
  port: TypedPort<TeeMessage, TeeReply>;
  /** The reader wants no more. */
  onClosed: () => void;
}

/**
 * One reader of the user's track. A port knows no backpressure: so the reader answers each frame, a second of frames is under way
 * at most, and what a slow reader leaves waits here, the newest ten seconds of it. The recorder waits for nothing.
 */
export class UserTee {
  readonly #options: UserTeeOptions;
  readonly #cutter: FrameCutter;
  readonly #waiting: TeeFrame[] = [];
  readonly #ahead: number;
  readonly #bound: number;
  #startMs: number | undefined;
  #underWay = 0;
  #sentMs = 0;
  #lostMs = 0;

  constructor(options: UserTeeOptions) {
    this.#options = options;
    const { settings, clock, resampler, port, onClosed } = options;
    this.#ahead = Math.ceil(TEE_AHEAD_MS / settings.frameMs);
    this.#bound = Math.ceil(TEE_WAITING_MS / settings.frameMs);
    this.#cutter = new FrameCutter(settings, { rate: clock.rate, resampler }, (samples, index) => {
      const fromMs = (this.#startMs ?? 0) + (index / settings.sampleRate) * 1000;
      this.#queue({ samples, fromMs, lostMs: 0 });
    });
    port.receive((reply) => {
      if (reply.type === 'close') {
        port.close();
        onClosed();
        return;
      }
      this.#underWay = Math.max(0, this.#underWay - 1);
      this.#sendNext();
    });
  }

  get stats(): TeeStats {
    const { settings } = this.#options;
    const waitingMs = (this.#underWay + this.#waiting.length) * settings.frameMs;
    return { ...settings, sentMs: this.#sentMs, waitingMs, lostMs: this.#lostMs };
  }

  /** The next audio of the track, without a hole. */
  hear(from: number, samples: Float32Array): void {
    this.#startMs ??= this.#options.clock.toMs(from);
    this.#cutter.add(samples);
  }

  /** The session is over: what waits goes out at once, bounded as it is, and stays with the reader. */
  end(): void {
    const { port } = this.#options;
    this.#cutter.end();
    for (let frame = this.#waiting.shift(); frame; frame = this.#waiting.shift()) this.#send(frame);
    port.send({ type: 'end', sentMs: this.#sentMs, lostMs: this.#lostMs });
    port.close();
  }

  #queue(frame: TeeFrame): void {
    this.#waiting.push(frame);
    this.#sendNext();
    if (this.#waiting.length <= this.#bound) return;
    const [lost, next] = [this.#waiting.shift(), this.#waiting[0]];
    if (!lost || !next) return;
    const lostMs = this.#lengthMs(lost);
    this.#lostMs += lostMs;
    next.lostMs += lost.lostMs + lostMs;
  }

  #sendNext(): void {
    while (this.#underWay < this.#ahead) {
      const frame = this.#waiting.shift();
      if (!frame) return;
      this.#send(frame);
    }
  }

  #send(frame: TeeFrame): void {
    this.#underWay += 1;
    this.#sentMs += this.#lengthMs(frame);
    this.#options.port.send({ type: 'frame', ...frame });
  }

  #lengthMs({ samples }: TeeFrame): number {
    return (samples.length / this.#options.settings.sampleRate) * 1000;
  }
}
