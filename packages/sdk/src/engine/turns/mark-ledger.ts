import type { Mark } from '../../core/gap.ts';
import type { Speaker } from '../../core/turn.ts';

/** A range of session frames that is silent on purpose. `to` is `Infinity` while it goes on. */
export interface SilentRange {
  speaker: Speaker;
  from: number;
  to: number;
  kind: Mark['kind'];
}

/**
 * Every range of a session that is silent on purpose: mutes and redactions. What is captured of such a range becomes
 * silence before anything keeps it, and each segment names the marks in its own range.
 */
export class MarkLedger {
  readonly #ranges: SilentRange[] = [];

  get all(): readonly SilentRange[] {
    return this.#ranges;
  }

  /** The range as it is: a mute that goes on is ended by setting its `to`. */
  add(range: SilentRange): SilentRange {
    this.#ranges.push(range);
    return range;
  }

  /**
   * Captured samples with the marked ones zeroed; the very array when none is. `framesPerSample`: session frames to one
   * sample, for a capture clock that runs at another rate.
   */
  silence(speaker: Speaker, from: number, samples: Float32Array, framesPerSample = 1): Float32Array {
    const to = from + samples.length * framesPerSample;
    let out = samples;
    for (const range of this.#of(speaker, from, to)) {
      if (out === samples) out = samples.slice();
      const first = Math.max(0, Math.floor((range.from - from) / framesPerSample));
      out.fill(0, first, Math.ceil((Math.min(range.to, to) - from) / framesPerSample));
    }
    return out;
  }

  /** The marks of a file that begins at frame `from`, in milliseconds from its start. */
  marks(speaker: Speaker, from: number, to: number, clockRate: number): Mark[] {
    const milliseconds = (frames: number): number => (frames / clockRate) * 1000;
    return this.#of(speaker, from, to)
      .map((range) => ({
        startMs: milliseconds(Math.max(range.from, from) - from),
        endMs: milliseconds(Math.min(range.to, to) - from),
        kind: range.kind,
      }))
      .sort((a, b) => a.startMs - b.startMs);
  }

  #of(speaker: Speaker, from: number, to: number): SilentRange[] {
    return this.#ranges.filter((range) => range.speaker === speaker && range.from < to && from < range.to);
  }
}
