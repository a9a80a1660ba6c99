import { OPUS_RATE } from '../../codecs/opus-head.ts';
import { type ErrorFacts, TurntapeError, toErrorFacts } from '../../core/errors.ts';
import type { Mark } from '../../core/gap.ts';
import type { Segment } from '../../core/segment.ts';
import type { EncodingStats } from '../../core/stats.ts';
import type { TrackedTurn, TrackerNews } from '../../core/turn-tracker.ts';
import type { Speaker } from '../../core/turn.ts';
import { type SegmentWire, segmentToWire } from '../../core/wire.ts';
import type { OpenSeal } from '../../sealing/sealer.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { discardSegment, keepSegment, openSegment } from '../../storage/segments.ts';
import { Backlog } from './chunk-queue.ts';
import { EncodeMeter } from './encode-meter.ts';
import { SegmentChunks } from './segment-chunks.ts';
import {
  type FactSources,
  type FileRange,
  closedDraft,
  draftSegment,
  fileRate,
  finishedSegment,
} from './segment-facts.ts';
import type { TrackView } from '../capture/look-back.ts';
import type { SegmentSeals } from './segment-seal.ts';
import type { PassThrough } from '../bot/pass-through.ts';
import { SegmentWriter, type WrittenFile } from './segment-writer.ts';
import { sha256Hex } from './sha256.ts';
import { UnkeptSegments } from './unkept-segments.ts';

export interface SegmenterOptions {
  db: TurntapeDatabase;
  tracks: Readonly<Record<Speaker, TrackView>>;
  sources: FactSources;
  /** Whose turns become segments. */
  record: Readonly<Record<Speaker, boolean>>;
  /** What the bot was given as Opus, for the files of turns that were played whole. */
  passThrough?: PassThrough;
  newId: () => string;
  /** Seals files for the backend. None: they lie here as the database keeps them. */
  seals?: SegmentSeals | undefined;
  onKept: (segment: SegmentWire) => void;
  onDiscarded: (turnId: string, speaker: Speaker, reason: 'empty' | 'not_recorded') => void;
  /** Of a track, in session frames: captured, and not kept, since neither disk nor memory had room. */
  onNotKept?: (speaker: Speaker, range: { from: number; to: number }, isOver: boolean) => void;
  onError: (error: ErrorFacts) => void;
}

/** So much silence is written at once. */
const SILENCE_FRAMES = 48_000;

interface OpenFile {
  range: FileRange;
  writer: SegmentWriter;
  /** Of a sealed file: its key and head. */
  seal: Promise<OpenSeal> | undefined;
  chunks: SegmentChunks;
  speaker: Speaker;
  turnId: string;
  /** Frame after the last one written. */
  written: number;
}

/**
 * Turns the tracker's news into segments: opens a file where it says (in the past, for the pre-roll), feeds it from the
 * track, trims it where it says, and keeps it. One file at a time for each speaker; closing one runs beside the next.
 */
export class Segmenter {
  readonly #options: SegmenterOptions;
  readonly #files = new Map<Speaker, OpenFile>();
  readonly #turns = new Map<string, TrackedTurn>();
  readonly #closing = new Set<Promise<void>>();
  readonly #backlog = new Backlog();
  readonly #unkept: UnkeptSegments;
  readonly #meters: Readonly<Record<Speaker, EncodeMeter>>;

  constructor(options: SegmenterOptions) {
    this.#options = options;
    const { db, sources, onKept, onError } = options;
    const inputRate = sources.clock.rate;
    const meter = (speaker: Speaker): EncodeMeter =>
      new EncodeMeter({ inputRate, fileRate: fileRate(sources.settings.encoder[speaker], inputRate) });
    this.#meters = { user: meter('user'), bot: meter('bot') };
    this.#unkept = new UnkeptSegments({
      keep: ({ segment, audio, peaks }) => keepSegment(db, segment, audio, { peaks }),
      onKept,
      onError,
    });
  }

  /** Of the files that are being written: so much room it takes to finish them, since a file is written beside its chunks. */
  get openBytes(): number {
    return Array.from(this.#files.values(), ({ chunks }) => chunks.bytes).reduce((sum, bytes) => sum + bytes, 0);
  }

  /** What it costs to write the files of each speaker who is recorded. */
  get encoding(): Record<Speaker, EncodingStats | null> {
    const { record } = this.#options;
    return { user: record.user ? this.#meters.user.stats : null, bot: record.bot ? this.#meters.bot.stats : null };
  }

  /** What waits in memory for room on the disk. */
  get waitingBytes(): number {
    return this.#backlog.bytes;
  }

  /** The next audio of a track. */
  audio(speaker: Speaker, from: number, samples: Float32Array): void {
    const file = this.#files.get(speaker);
    if (!file || from + samples.length <= file.written) return;
    // A turn that was begun before the first frame of its track: what lies between is silence, in its place.
    for (; file.written < from; file.written = Math.min(from, file.written + SILENCE_FRAMES))
      file.writer.write(new Float32Array(Math.min(SILENCE_FRAMES, from - file.written)));
    const fresh = from < file.written ? samples.subarray(file.written - from) : samples;
    this.#meters[speaker].measure(fresh.length, () => file.writer.write(fresh));
    file.written = from + samples.length;
  }

  /** Takes the tracker's news; turns first, since a file's facts are its turn's. */
  take(news: readonly TrackerNews[]): void {
    for (const item of news)
      if (item.type === 'turn-start' || item.type === 'turn-end') this.#turns.set(item.turn.turnId, item.turn);
    for (const item of news) {
      if (item.type === 'file-open' && this.#options.record[item.speaker]) this.#open(item);
      if (item.type === 'file-close') this.#close(item);
    }
  }

  /** Settles when every file closed so far is kept. Rejects with `storage_full` when one of them still waits for room. */
  async settled(): Promise<void> {
    while (this.#closing.size > 0) await Promise.all(this.#closing);
    await this.#unkept.settle();
  }

  #open(news: Extract<TrackerNews, { type: 'file-open' }>): void {
    const { db, sources, tracks, newId, onError } = this.#options;
    const { speaker, turnId, part, from, onset } = news;
    const encoder = sources.settings.encoder[speaker];
    const range: FileRange = { segmentId: newId(), part, isLast: true, from, to: from, onset };
    const draft = { ...draftSegment(sources, this.#turn(turnId), range), marks: this.#marks(speaker, from) };
    const { segmentId } = range;
    const { format } = encoder;
    const seal = this.#options.seals?.open({ segmentId, format, sampleRate: draft.sampleRate });
    const chunks = new SegmentChunks({
      db,
      segmentId,
      format,
      sealed: seal !== undefined,
      open: () => openDraft(db, segmentToWire(draft), seal),
      backlog: this.#backlog,
      onError,
      onTaken: () => this.#unkept.retry(),
      onHole: (hole, isOver) => {
        const perSample = sources.clock.rate / draft.sampleRate;
        const [start, end] = [hole.from, hole.to].map((sample) => from + Math.round(sample * perSample));
        this.#options.onNotKept?.(speaker, { from: start ?? from, to: end ?? from }, isOver);
      },
    });
    const writer = new SegmentWriter({
      format,
      inputRate: sources.clock.rate,
      fileRate: draft.sampleRate,
      bitrate: encoder.bitrate,
      resampler: encoder.resampler,
      ...(encoder.opus && { opus: encoder.opus }),
      chunks: {
        append: (bytes) => {
          this.#meters[speaker].chunk();
          chunks.append(bytes);
        },
        all: () => chunks.all(),
      },
      onError: (error) => onError(toErrorFacts(error, 'encoder_failed')),
    });
    this.#files.set(speaker, { range, writer, seal, chunks, speaker, turnId, written: from });
    const track = tracks[speaker];
    if (track.end !== undefined && track.end > from) this.audio(speaker, from, track.read(from, track.end));
  }

  /**
   * The marks of a track have changed; with a range of session frames, what an open file holds of it becomes silence.
   * Settles when that is written.
   */
  async marked(speaker: Speaker, redacted?: { from: number; to: number }): Promise<void> {
    const file = this.#files.get(speaker);
    if (!file) return;
    const { sources } = this.#options;
    const start = file.range.from;
    const rate = fileRate(sources.settings.encoder[speaker], sources.clock.rate);
    const samples = (frame: number): number => Math.round(((frame - start) * rate) / sources.clock.rate);
    const [from, to] = redacted ? [Math.max(start, redacted.from), Math.min(file.written, redacted.to)] : [0, 0];
    const marks = this.#marks(speaker, start).map(({ startMs, endMs, kind }) => ({
      start_ms: startMs,
      end_ms: endMs,
      kind,
    }));
    await file.chunks.redact(from < to ? { from: samples(from), to: samples(to) } : { from: 0, to: 0 }, marks);
  }

  /** Something is missing of a track, or of both: an open file that a crash leaves names it. Settles when that is written. */
  async lost(speaker: Speaker | undefined): Promise<void> {
    const { losses, clock } = this.#options.sources;
    for (const file of this.#files.values()) {
      if (speaker !== undefined && file.speaker !== speaker) continue;
      const gaps = losses.gaps(file.speaker, file.range.from, Infinity, clock.rate);
      await file.chunks.lost(gaps.map(({ startMs, endMs, cause }) => ({ start_ms: startMs, end_ms: endMs, cause })));
    }
  }

  /**
   * Everything that is encoded of the open files goes into the database, with what is known of their turns by now: what
   * follows may be the end of this thread. Settles when it is there.
   */
  async keepNow(): Promise<void> {
    const { sources } = this.#options;
    const kept = Array.from(this.#files.values(), ({ writer, chunks, range, turnId, speaker, written }) => {
      writer.keepNow();
      const draft = draftSegment(sources, this.#turn(turnId), { ...range, to: written });
      // Where it ends is not known: whoever finishes it cuts what lies beyond.
      const gaps = sources.losses.gaps(speaker, range.from, Infinity, sources.clock.rate);
      return chunks.know(segmentToWire({ ...draft, marks: this.#marks(speaker, range.from), gaps }));
    });
    await Promise.all(kept);
  }

  #close(news: Extract<TrackerNews, { type: 'file-close' }>): void {
    const file = this.#files.get(news.speaker);
    if (!this.#options.record[news.speaker]) this.#options.onDiscarded(news.turnId, news.speaker, 'not_recorded');
    if (!file || file.turnId !== news.turnId) return;
    this.#files.delete(news.speaker);
    file.range.isLast = news.isLast;
    file.range.to = Math.min(news.to, file.written);
    const closing = this.#keep(file)
      .catch((thrown: unknown) => this.#options.onError(toErrorFacts(thrown, 'storage_failed')))
      .finally(() => {
        file.chunks.close();
        this.#closing.delete(closing);
      });
    this.#closing.add(closing);
  }

  async #keep(file: OpenFile): Promise<void> {
    const { db, onDiscarded } = this.#options;
    const { range, turnId, speaker } = file;
    if (range.to <= range.from) {
      file.writer.close();
      file.chunks.close();
      await discardSegment(db, range.segmentId);
      onDiscarded(turnId, speaker, 'empty');
      return;
    }
    // The facts are of this moment: while the file is finished, the next turn may already change them.
    const draft = closedDraft(this.#options.sources, this.#turn(turnId), range);
    const written = await this.#finish(file, draft);
    const { samples, encoder, numChannels } = written;
    const { seals } = this.#options;
    const seal = await file.seal;
    const audio = seal && seals ? await seals.file(seal, range.segmentId, written.audio) : written.audio;
    const sha256 = await sha256Hex(audio);
    const byteSize = audio.byteLength;
    const facts = { ...draft, numChannels, ...(file.chunks.hasHole && { gaps: this.#gaps(speaker, range) }) };
    const segment = segmentToWire(finishedSegment(facts, { samples, byteSize, sha256, encoder }));
    const peaks = outlineOf(file, draft, samples);
    await this.#unkept.keep({ segment, audio: audio.slice().buffer, peaks });
  }

  /** The encoded file; or, of Opus that was given and played whole, a file of the packets that were given. */
  async #finish(file: OpenFile, draft: Segment): Promise<WrittenFile & { numChannels: 1 | 2 }> {
    const { passThrough, sources } = this.#options;
    const { range, turnId, writer, chunks } = file;
    const given = passThrough?.file(this.#turn(turnId), range, sources.clock.rate);
    const isPlain = draft.format === 'opus' && draft.gaps.length === 0 && draft.marks.length === 0;
    if (!given || !isPlain) return { ...(await writer.finish(range.to - range.from)), numChannels: 1 };
    writer.close();
    // Those on their way: none may come after the file that takes their place.
    await chunks.all();
    const { samples, numChannels, preSkip } = given;
    const encoder = { engine: 'passthrough', codec: 'opus', sampleRate: OPUS_RATE, numChannels, preSkip };
    return { audio: given.file, samples, encoder, numChannels };
  }

  /** With what found no room while the file was finished. */
  #gaps(speaker: Speaker, { from, to }: FileRange): Segment['gaps'] {
    const { losses, clock } = this.#options.sources;
    return losses.gaps(speaker, from, to, clock.rate);
  }

  /** Of a file that is still being written: where it ends is not known yet. */
  #marks(speaker: Speaker, from: number): Mark[] {
    const { clock, marks } = this.#options.sources;
    return marks.marks(speaker, from, Infinity, clock.rate);
  }

  #turn(turnId: string): TrackedTurn {
    const turn = this.#turns.get(turnId);
    if (!turn) throw new TurntapeError('invalid_argument', `the tracker opened a file of an unknown turn ${turnId}`);
    return turn;
  }
}

/**
 * What is drawn of the file. Of a sealed one nothing: it would show what only the backend may hear. Of one that was redacted
 * while it ran, or that found no room, neither: what was taken from the file had passed the meter.
 */
function outlineOf({ writer, seal, chunks }: OpenFile, { marks }: Segment, samples: number): ArrayBuffer | undefined {
  return seal || chunks.hasHole || marks.some(({ kind }) => kind === 'redaction') ? undefined : writer.peaks(samples);
}

/** A sealed draft is opened with its key: nothing of it is stored in the open, not even for the moment that takes. */
async function openDraft(db: TurntapeDatabase, draft: SegmentWire, seal: Promise<OpenSeal> | undefined): Promise<void> {
  await openSegment(db, draft, await seal);
}
