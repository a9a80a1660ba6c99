import type { SessionFileRow } from '../../storage/rows.ts';
import type { Speaker } from '../../core/turn.ts';
import type { Capture } from '../capture/capture.ts';
import type { Loss } from '../capture/loss-ledger.ts';

/** What a session file is told to have missing, or silent on purpose. */
type Notes = Pick<SessionFileRow, 'gaps' | 'marks'>;

/** What is missing of a session file, and what is silent in it on purpose: of the tracks, and of this file alone. */
export class FileNotes {
  readonly #capture: Pick<Capture, 'clock' | 'losses' | 'marks'>;
  /** What came when its place had been written: a track that was given up and came back. */
  readonly #own: Loss[] = [];

  constructor(capture: Pick<Capture, 'clock' | 'losses' | 'marks'>) {
    this.#capture = capture;
  }

  /** Session frames that this file alone is missing: what is missing of the tracks stands in the ledger. */
  lost(speaker: Speaker | undefined, from: number, to: number, cause: Loss['cause']): void {
    const last = this.#own.findLast((loss) => loss.speaker === speaker && loss.cause === cause);
    if (last?.to === from) last.to = to;
    else this.#own.push({ speaker, from, to, cause });
  }

  /** All of it, in milliseconds of a file in which session frame 0 lies at `offsetMs`, behind what an earlier run noted. */
  inFile(offsetMs: number, before: Notes | undefined): Notes {
    const { clock, losses, marks } = this.#capture;
    const placed = ({ from, to }: { from: number; to: number }) => ({
      start_ms: clock.toMs(from) + offsetMs,
      end_ms: clock.toMs(to) + offsetMs,
    });
    const gaps = [...losses.all, ...this.#own].map((loss) => ({
      ...placed(loss),
      cause: loss.cause,
      speaker: loss.speaker ?? null,
    }));
    const silent = marks.all.map((mark) => ({ ...placed(mark), kind: mark.kind, speaker: mark.speaker }));
    return { gaps: merged(before?.gaps, gaps), marks: merged(before?.marks, silent) };
  }
}

/** What is known from before, and what is new: an engine that takes over remembers some of it. */
function merged<Range extends { start_ms: number; end_ms: number }>(
  before: readonly Range[] = [],
  now: readonly Range[],
) {
  const same = (one: Range, other: Range): boolean =>
    Math.abs(one.start_ms - other.start_ms) < 1 && Math.abs(one.end_ms - other.end_ms) < 1;
  return [...before.filter((range) => !now.some((other) => same(range, other))), ...now];
}
