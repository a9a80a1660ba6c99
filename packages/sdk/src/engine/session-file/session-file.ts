import { type ErrorFacts, toErrorFacts } from '../../core/errors.ts';
import type { RedactionRange } from '../../core/redaction.ts';
import type { SessionLayout } from '../../core/session-file.ts';
import type { SessionEncoderSettings, SessionSettings } from '../../core/settings.ts';
import type { Speaker } from '../../core/turn.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import type { Lane, SessionFileRow } from '../../storage/rows.ts';
import { openSessionFile, readSessionFile, updateSessionFile } from '../../storage/session-files.ts';
import type { Capture } from '../capture/capture.ts';
import type { TrackView } from '../capture/look-back.ts';
import { FileNotes } from './file-notes.ts';
import { fileRate } from '../keeping/segment-facts.ts';
import { SessionChunks } from './session-chunks.ts';
import { gridFrames, lanesOf, lanesOfSpeakers, mixed, samplesEnd } from './session-layout.ts';
import { SessionLane } from './session-lane.ts';

/**
 * A track that lags this much behind the other is not waited for: it is silent until it has caught up. After a stall a
 * browser delivers up to 200 messages of one port (2.1 s of blocks) before it looks at the next; a track remembers 10 s.
 */
const PATIENCE_MS = 6000;

/** Wall times are kept to the millisecond. */
const SAME_BEGINNING_MS = 2;

export interface SessionFileOptions {
  db: TurntapeDatabase;
  settings: SessionSettings;
  capture: Pick<Capture, 'clock' | 'losses' | 'marks'>;
  tracks: Readonly<Record<Speaker, TrackView>>;
  onError: (error: ErrorFacts) => void;
}

/** The session file that the settings ask for, if they do. */
export function sessionFile(options: SessionFileOptions): SessionFile | undefined {
  const { record, encoder } = options.settings;
  return record.session && encoder.session ? new SessionFile(options, record.session, encoder.session) : undefined;
}

/**
 * The whole conversation in one file: both tracks from the session's first frame to its last, each channel encoded for
 * itself and kept in chunks while it is spoken. It reads the tracks: positions are theirs, never those of a message.
 */
export class SessionFile {
  readonly #options: SessionFileOptions;
  readonly #layout: SessionLayout;
  readonly #encoder: SessionEncoderSettings;
  readonly #grid: number;
  /** What an earlier run of the same session left: it goes on behind that. */
  #before: SessionFileRow | undefined;
  #beforeEnd = 0;
  #file: OpenFile | undefined;
  #told = false;
  /** Frame after the last one given to the lanes. */
  #written = 0;
  readonly #missing: FileNotes;

  constructor(options: SessionFileOptions, layout: SessionLayout, encoder: SessionEncoderSettings) {
    this.#options = options;
    this.#layout = layout;
    this.#encoder = encoder;
    this.#missing = new FileNotes(options.capture);
    const { rate } = options.capture.clock;
    this.#grid = gridFrames(rate, fileRate(encoder, rate));
  }

  /** Looks for what an earlier run of this session left. Before any audio. */
  async open(): Promise<void> {
    const { db, settings } = this.#options;
    this.#before = await readSessionFile(db, settings.sessionId);
    if (this.#before) this.#beforeEnd = await samplesEnd(db, this.#before);
  }

  /** There is more of a track, which has it already. */
  audio(speaker: Speaker, from: number, samples: Float32Array): void {
    this.#file ??= this.#begin(from);
    // Its place had been written: a track that was given up came back.
    if (from < this.#written && samples.some((sample) => sample !== 0))
      this.#missing.lost(speaker, from, Math.min(from + samples.length, this.#written), 'blocks_lost');
    this.#advance(this.#grid * Math.floor(this.#common() / this.#grid));
  }

  /** The file is of what was heard, whoever's turn it was. */
  take(): void {}

  /** What could not be captured, or is silent on purpose, has changed. */
  noted(): void {
    const file = this.#file;
    if (file) this.#attempt(file.opened.then(() => this.#update(this.#notes(file))));
  }

  /** What is encoded goes into the database now. Settles when it is there. */
  async keepNow(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    for (const lane of file.lanes.values()) lane.keepNow();
    await file.chunks.settled();
  }

  /** Silences a range in everything that is not in the database yet; what is there, `redactSessionFile` rewrites. */
  async redact(range: RedactionRange): Promise<void> {
    const file = this.#file;
    if (!file) return;
    const sample = (ms: number): number => Math.round(file.offset + (ms / 1000) * file.rate);
    const samples = { from: sample(range.fromMs), to: sample(range.toMs) };
    await Promise.all(lanesOfSpeakers(file.layout, range.speaker).map((lane) => file.chunks.redact(lane, samples)));
    await this.#update(this.#notes(file));
  }

  /** Settles when all of it is kept; `end` is the session's last frame, exclusive. */
  async finish(end: number): Promise<void> {
    const file = this.#file;
    if (!file) return;
    this.#advance(end);
    await Promise.all([...file.lanes.values()].map((lane) => lane.finish()));
    await file.opened;
    await file.chunks.settled();
    const samples = Math.max(this.#beforeEnd, this.#sample(file, end));
    const byte_size = (this.#before?.byte_size ?? 0) + file.chunks.writtenBytes;
    await this.#update({ ...this.#notes(file), state: 'completed', samples, byte_size });
  }

  #begin(from: number): OpenFile {
    const { db, settings, capture, onError } = this.#options;
    const { clock } = capture;
    const before = this.#before;
    const format = before?.format ?? this.#encoder.format;
    const layout = before?.layout ?? this.#layout;
    const rate = before?.sample_rate ?? fileRate(this.#encoder, clock.rate);
    const encoder = { ...this.#encoder, format, sampleRate: rate };
    const startedAt = clock.toWallMs(0);
    const offset = before ? this.#behind(before, rate, startedAt, from) : 0;
    const frame = (sample: number): number => Math.round(((sample - offset) / rate) * clock.rate);
    const chunks = new SessionChunks(db, format, onError, (lane, lost) =>
      this.#missing.lost(lane === 'mix' ? undefined : lane, frame(lost.from), frame(lost.to), 'storage_full'),
    );
    const row: SessionFileRow = {
      session_id: settings.sessionId,
      state: 'recording',
      layout,
      format,
      sample_rate: rate,
      samples: 0,
      offset,
      started_at: new Date(startedAt).toISOString(),
      gaps: [],
      marks: [],
      encoder: {},
    };
    const lanes = new Map(
      lanesOf(layout).map((lane) => [
        lane,
        new SessionLane({
          encoder,
          clockRate: clock.rate,
          fileRate: rate,
          gridFrames: this.#grid,
          onChunk: (start, bytes) => {
            chunks.append({ session_id: settings.sessionId, lane, start, bytes });
            this.#tellEncoder();
          },
          onError: (error) => onError(toErrorFacts(error, 'encoder_failed')),
        }),
      ]),
    );
    this.#written = this.#first(from, offset, rate);
    const opened = openSessionFile(db, row).then(() => undefined);
    this.#attempt(opened);
    return { layout, rate, offset, chunks, lanes, opened: opened.catch(() => undefined) };
  }

  /**
   * The place of session frame 0 in a file that goes on. A timeline that went on, too (under another engine), has kept its
   * beginning; a new one is placed by the wall clock, on the grid and behind what is there.
   */
  #behind(before: SessionFileRow, rate: number, startedAt: number, from: number): number {
    const { clock } = this.#options.capture;
    const elapsed = ((startedAt - Date.parse(before.started_at)) / 1000) * rate;
    if (Math.abs(elapsed - before.offset) <= SAME_BEGINNING_MS * (rate / 1000)) return before.offset;
    const step = (this.#grid * rate) / clock.rate;
    const first = (from / clock.rate) * rate;
    // Two steps: the last packet may reach beyond the last sample.
    return step * Math.ceil(Math.max(elapsed, this.#beforeEnd - first + 2 * step) / step);
  }

  /** The first frame to be written: on the grid, and behind what an earlier run wrote. */
  #first(from: number, offset: number, rate: number): number {
    const { clock } = this.#options.capture;
    const written = this.#before ? ((this.#beforeEnd - offset) / rate) * clock.rate : 0;
    const free = written > 0 ? Math.ceil(written / this.#grid) + 2 : 0;
    return this.#grid * Math.max(free, Math.floor(from / this.#grid), 0);
  }

  /** How far every track goes that is waited for. What no track can have does not make one late. */
  #common(): number {
    const { tracks, capture } = this.#options;
    const ends = [tracks.user.end ?? 0, tracks.bot.end ?? 0];
    const lead = Math.max(...ends);
    const patience = capture.clock.toFrames(PATIENCE_MS);
    return Math.min(
      ...ends.filter((end) => lead - end <= patience || lead - end - this.#stoodStill(end, lead) <= patience),
    );
  }

  /** Frames of a range in which nothing could be captured of either speaker. */
  #stoodStill(from: number, to: number): number {
    return this.#options.capture.losses.all
      .filter((loss) => loss.speaker === undefined && loss.from < to && from < loss.to)
      .reduce((sum, loss) => sum + Math.min(loss.to, to) - Math.max(loss.from, from), 0);
  }

  #advance(to: number): void {
    const file = this.#file;
    if (!file) return;
    const { tracks, capture } = this.#options;
    // A second at a time: after an hour of standstill the tracks leap.
    const longest = this.#grid * Math.ceil(capture.clock.rate / this.#grid);
    while (this.#written < to) {
      const [from, until] = [this.#written, Math.min(to, this.#written + longest)];
      const pcm = { user: readAll(tracks.user, from, until), bot: readAll(tracks.bot, from, until) };
      for (const [lane, writer] of file.lanes)
        writer.write(this.#sample(file, from), lane === 'mix' ? mixed(pcm.user, pcm.bot) : pcm[lane]);
      this.#written = until;
    }
  }

  #sample(file: OpenFile, frame: number): number {
    return Math.round(file.offset + (frame / this.#options.capture.clock.rate) * file.rate);
  }

  #notes({ offset, rate }: OpenFile): Pick<SessionFileRow, 'gaps' | 'marks'> {
    return this.#missing.inFile((offset / rate) * 1000, this.#before);
  }

  /** With the first chunk, so that a file that was cut off knows it, too. */
  #tellEncoder(): void {
    const file = this.#file;
    if (!file || this.#told) return;
    const encoder = [...file.lanes.values()].map((lane) => lane.facts).find((facts) => 'engine' in facts);
    if (!encoder) return;
    this.#told = true;
    this.#attempt(file.opened.then(() => this.#update({ encoder })));
  }

  #update(change: Partial<SessionFileRow>): Promise<void> {
    const { db, settings } = this.#options;
    return updateSessionFile(db, settings.sessionId, change);
  }

  #attempt(work: Promise<void>): void {
    work.catch((thrown: unknown) => this.#options.onError(toErrorFacts(thrown, 'storage_failed')));
  }
}

/** Of a stretch of a track that has not come yet, or never will, silence. */
function readAll(track: TrackView, from: number, to: number): Float32Array {
  const read = track.read(from, to);
  if (read.length === to - from) return read;
  const whole = new Float32Array(to - from);
  whole.set(read);
  return whole;
}

/** What there is from the first block on. */
interface OpenFile {
  layout: SessionLayout;
  /** Of the file, in Hz. */
  rate: number;
  /** File sample of session frame 0. */
  offset: number;
  chunks: SessionChunks;
  lanes: ReadonlyMap<Lane, SessionLane>;
  opened: Promise<void>;
}
