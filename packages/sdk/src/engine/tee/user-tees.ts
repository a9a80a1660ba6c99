import type { TypedPort } from '../../core/messages/ports.ts';
import type { TeeMessage, TeeReply, TeeSettings, TeeStats } from '../../core/messages/tee.ts';
import type { ResamplerQuality, SessionSettings } from '../../core/settings.ts';
import type { TrackerNews } from '../../core/turn-tracker.ts';
import type { FrameRange } from '../capture/frame-range.ts';
import type { SessionClock } from '../capture/session-clock.ts';
import { UserTee } from './user-tee.ts';

/**
 * Everybody who reads the user's track beside the recorder. They get what the recorder gets: silence for a mute, for a redaction that
 * was asked for beforehand, and for what is missing; and where only marked turns are captured (push-to-talk) silence between them.
 */
export class UserTees {
  readonly #clock: Pick<SessionClock, 'rate' | 'toMs'>;
  /** Between the turns nothing is captured. */
  readonly #turnsOnly: boolean;
  readonly #resampler: ResamplerQuality | undefined;
  readonly #turns: FrameRange[] = [];
  readonly #tees = new Set<UserTee>();

  constructor(
    clock: Pick<SessionClock, 'rate' | 'toMs'>,
    { vad, turns }: Pick<SessionSettings, 'vad' | 'turns'>,
    resampler?: ResamplerQuality,
  ) {
    this.#resampler = resampler;
    this.#clock = clock;
    this.#turnsOnly = vad === null && turns.mode === 'speech';
  }

  get stats(): TeeStats[] {
    return Array.from(this.#tees, (tee) => tee.stats);
  }

  /** From the next audio on. */
  open(settings: TeeSettings, port: TypedPort<TeeMessage, TeeReply>): void {
    const tee = new UserTee({
      settings,
      clock: this.#clock,
      resampler: this.#resampler,
      port,
      onClosed: () => this.#tees.delete(tee),
    });
    this.#tees.add(tee);
  }

  take(news: readonly TrackerNews[]): void {
    if (!this.#turnsOnly) return;
    for (const item of news) {
      if (item.type === 'turn-start' && item.turn.speaker === 'user')
        this.#turns.push({ from: item.turn.start, to: Infinity });
      const open = this.#turns.at(-1);
      if (item.type === 'turn-end' && item.turn.speaker === 'user' && open) open.to = item.turn.end ?? open.to;
    }
  }

  /** The next audio of the user's track; whatever it begins or ends is known. */
  hear(from: number, samples: Float32Array): void {
    while (this.#turns[0] && this.#turns[0].to <= from) this.#turns.shift();
    if (this.#tees.size === 0) return;
    const captured = this.#turnsOnly ? this.#withinTurns(from, samples) : samples;
    for (const tee of this.#tees) tee.hear(from, captured);
  }

  /** The session is over. */
  end(): void {
    for (const tee of this.#tees) tee.end();
    this.#tees.clear();
  }

  #withinTurns(from: number, samples: Float32Array): Float32Array {
    const captured = new Float32Array(samples.length);
    for (const turn of this.#turns) {
      const [start, end] = [Math.max(0, turn.from - from), Math.min(samples.length, turn.to - from)];
      if (start < end) captured.set(samples.subarray(start, end), start);
    }
    return captured;
  }
}
