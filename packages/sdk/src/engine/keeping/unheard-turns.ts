import { type ErrorFacts, toErrorFacts } from '../../core/errors.ts';
import type { TrackedTurn, TrackerNews } from '../../core/turn-tracker.ts';
import type { Speaker } from '../../core/turn.ts';
import { type SegmentWire, segmentToWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { keepSegment } from '../../storage/segments.ts';
import { type FactSources, draftSegment, finishedSegment } from './segment-facts.ts';

export interface UnheardTurnsOptions {
  db: TurntapeDatabase;
  sources: FactSources;
  record: Readonly<Record<Speaker, boolean>>;
  newId: () => string;
  onKept: (segment: SegmentWire) => void;
  onDiscarded: (turnId: string, speaker: Speaker, reason: 'empty' | 'not_recorded') => void;
  onError: (error: ErrorFacts) => void;
}

/** What a segment without audio says of its file: there is none. */
const NO_FILE = { samples: 0, byteSize: 0, sha256: '', encoder: {} };

/**
 * Keeps a segment without audio for every turn that was never heard: the utterances that waited behind the one that was
 * cut, and those that the end of the session found waiting. One that was given nothing until the session ended is
 * discarded as empty.
 */
export class UnheardTurns {
  readonly #options: UnheardTurnsOptions;
  readonly #keeping = new Set<Promise<void>>();

  constructor(options: UnheardTurnsOptions) {
    this.#options = options;
  }

  take(news: readonly TrackerNews[]): void {
    for (const item of news) if (item.type === 'turn-unheard') this.#take(item.turn, item.part);
  }

  /** Settles when everything taken so far is kept. */
  async settled(): Promise<void> {
    while (this.#keeping.size > 0) await Promise.all(this.#keeping);
  }

  #take(turn: TrackedTurn, part: number): void {
    const { sources, record, newId, onDiscarded, onError } = this.#options;
    const { turnId, speaker, start } = turn;
    if (!record[speaker]) {
      onDiscarded(turnId, speaker, 'not_recorded');
      return;
    }
    const { generatedMs } = sources.utterances.sum(turn.utteranceIds);
    if (!turn.interrupted && generatedMs === 0) {
      onDiscarded(turnId, speaker, 'empty');
      return;
    }
    const range = { segmentId: newId(), part, isLast: true, from: start, to: start, onset: start };
    const segment = segmentToWire(finishedSegment(draftSegment(sources, turn, range), NO_FILE));
    const keeping = this.#keep(segment)
      .catch((thrown: unknown) => onError(toErrorFacts(thrown, 'storage_failed')))
      .finally(() => this.#keeping.delete(keeping));
    this.#keeping.add(keeping);
  }

  async #keep(segment: SegmentWire): Promise<void> {
    await keepSegment(this.#options.db, segment, undefined);
    this.#options.onKept(segment);
  }
}
