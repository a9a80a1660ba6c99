import { type ErrorFacts, type TurntapeError, toErrorFacts } from '../../core/errors.ts';
import type { Segment, UnheardTail } from '../../core/segment.ts';
import type { InterruptionCause } from '../../core/turn.ts';
import type { TrackedTurn } from '../../core/turn-tracker.ts';
import { type SegmentWire, segmentToWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { keepSegment } from '../../storage/segments.ts';
import { GivenAudio } from './given-audio.ts';
import { type FactSources, draftSegment, finishedSegment } from '../keeping/segment-facts.ts';
import { type SegmentSeals, sealWhole } from '../keeping/segment-seal.ts';
import { SegmentWriter, type WrittenFile } from '../keeping/segment-writer.ts';
import { sha256Hex } from '../keeping/sha256.ts';

export interface UnheardTailsOptions {
  db: TurntapeDatabase;
  sources: FactSources;
  newId: () => string;
  /** Seals files for the backend. None: they lie here as the database keeps them. */
  seals?: SegmentSeals | undefined;
  onKept: (segment: SegmentWire) => void;
  onError: (error: ErrorFacts) => void;
}

/** How an utterance was cut, and where on the session's timeline. */
export interface TailCut {
  at: number;
  renderedFrames: number;
  /** Null: the session ended. */
  cause: InterruptionCause | null;
}

/** Of one utterance at most so much waits in memory to be put out, or is kept as its tail: 23 MB at 48 kHz. */
const MAX_HELD_MS = 120_000;

/** A backend that heard of the cut stops giving; one that never says `end` is not waited for any longer. */
const MORE_COMES_MS = 5000;

interface Held {
  turnId: string;
  given: GivenAudio;
  /** The app said that no more comes. */
  isComplete: boolean;
  cut?: TailCut;
  /** Until more would have come. */
  timer?: ReturnType<typeof setTimeout>;
}

/**
 * Keeps what the bot was given to say and nobody heard: the rest of an utterance that was cut, and all of one that was
 * never begun, each as a segment of its own that says which part of what it holds. It takes the frames that go to the
 * player, and those that still come after the cut, until the utterance is complete. In memory until then: of a tab that
 * dies meanwhile what was heard is kept, and no tail.
 */
export class UnheardTails {
  readonly #options: UnheardTailsOptions;
  readonly #held = new Map<string, Held>();
  readonly #keeping = new Set<Promise<void>>();

  constructor(options: UnheardTailsOptions) {
    this.#options = options;
  }

  begin(utteranceId: string, turnId: string): void {
    const given = new GivenAudio(this.#options.sources.clock.toFrames(MAX_HELD_MS));
    this.#held.set(utteranceId, { turnId, given, isComplete: false });
  }

  /** What is given to this utterance still counts for its tail. */
  wants(utteranceId: string): boolean {
    return this.#held.has(utteranceId);
  }

  given(utteranceId: string, samples: Float32Array): void {
    this.#held.get(utteranceId)?.given.add(samples);
  }

  complete(utteranceId: string): void {
    const held = this.#held.get(utteranceId);
    if (!held) return;
    held.isComplete = true;
    if (held.cut) this.#close(utteranceId, held, held.cut);
  }

  sounds(utteranceId: string, at: number): void {
    this.#held.get(utteranceId)?.given.sounds(at);
  }

  ranDry(utteranceId: string, at: number): void {
    this.#held.get(utteranceId)?.given.ranDry(at);
  }

  /** The bot's track goes on over these session frames, and is heard or not. What happened within them is told next. */
  advanced(utteranceId: string, from: number, to: number, isAudible: boolean): void {
    const held = this.#held.get(utteranceId);
    if (!held || held.cut) return;
    if (isAudible) held.given.sounds(to);
    held.given.advanced(from);
  }

  /** All of it was put out: there is no tail. */
  drained(utteranceId: string): void {
    this.#held.delete(utteranceId);
  }

  cut(utteranceId: string, cut: TailCut): void {
    const held = this.#held.get(utteranceId);
    if (!held || held.cut) return;
    held.cut = cut;
    if (held.isComplete) this.#close(utteranceId, held, cut);
    else held.timer = setTimeout(() => this.#close(utteranceId, held, cut), MORE_COMES_MS);
  }

  /** Nothing more comes for anything. Settles when every tail is kept. */
  async finish(): Promise<void> {
    for (const [utteranceId, held] of this.#held) if (held.cut) this.#close(utteranceId, held, held.cut);
    while (this.#keeping.size > 0) await Promise.all(this.#keeping);
  }

  #close(utteranceId: string, { turnId, given, timer }: Held, cut: TailCut): void {
    clearTimeout(timer);
    this.#held.delete(utteranceId);
    const { from, samples } = given.rest(cut.renderedFrames);
    if (samples.length === 0) return;
    const { clock } = this.#options.sources;
    const range = { fromMs: clock.toMs(from), toMs: clock.toMs(from + samples.length) };
    const keeping = this.#keep({ turnId, utteranceId, ...range }, samples, cut)
      .catch((thrown: unknown) => this.#options.onError(toErrorFacts(thrown, 'storage_failed')))
      .finally(() => this.#keeping.delete(keeping));
    this.#keeping.add(keeping);
  }

  async #keep(tail: UnheardTail, samples: Float32Array, cut: TailCut): Promise<void> {
    const { db, sources, seals, onKept } = this.#options;
    const draft = this.#draft(tail, cut);
    const { audio: open, ...file } = await writeFile(sources, samples, draft.sampleRate);
    const audio = seals ? await sealWhole(seals, draft, open) : open;
    const sha256 = await sha256Hex(audio);
    const finished = finishedSegment(draft, { ...file, byteSize: audio.byteLength, sha256 });
    // It took no time: where the bot was cut it begins and ends.
    const segment = segmentToWire({ ...finished, endedAt: finished.startedAt });
    await keepSegment(db, segment, audio.slice().buffer);
    onKept(segment);
  }

  #draft(tail: UnheardTail, { at, cause }: TailCut): Segment {
    const { sources, newId } = this.#options;
    const turn: TrackedTurn = {
      turnId: newId(),
      speaker: 'bot',
      start: at,
      end: at,
      endReason: cause ? 'interrupted' : 'session_stop',
      interrupted: true,
      interruptionCause: cause ?? undefined,
      overlapsTurnId: undefined,
      utteranceIds: [tail.utteranceId],
    };
    const range = { segmentId: newId(), part: 1, isLast: true, from: at, to: at, onset: at };
    // What was put out and heard is told by the turn's own segment: no figure stands in two rows.
    const told = { renderedMs: null, heardMs: null, generatedMs: null };
    return { ...draftSegment(sources, turn, range), ...told, unheardTail: tail };
  }
}

/** The whole file at once. */
async function writeFile(sources: FactSources, samples: Float32Array, fileRate: number): Promise<WrittenFile> {
  const { clock, settings } = sources;
  const { format, bitrate, opus, resampler } = settings.encoder.bot;
  const chunks: ArrayBuffer[] = [];
  let failure: TurntapeError | undefined;
  const writer = new SegmentWriter({
    format,
    bitrate,
    ...(opus && { opus }),
    resampler,
    inputRate: clock.rate,
    fileRate,
    chunks: { append: (bytes) => chunks.push(bytes), all: async () => chunks },
    onError: (error) => (failure = error),
  });
  writer.write(samples);
  const written = await writer.finish(samples.length);
  if (failure) throw failure;
  return written;
}
