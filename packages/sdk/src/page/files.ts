import { TurntapeError } from '../core/errors.ts';
import type { FileRequest } from '../core/messages/page-engine.ts';
import { DEFAULT_MP3_BITRATE } from '../core/mp3-rates.ts';
import type { SegmentFormat } from '../core/segment.ts';
import type { SessionFileFacts, SessionFileFormat, SessionLayout } from '../core/session-file.ts';
import type { Speaker } from '../core/turn.ts';
import { abortable, throwIfAborted } from './abortable.ts';
import type { Engine } from './engine-call.ts';
import { check } from './options/option-checks.ts';
import type { SessionHolds } from './sessions/session-holds.ts';

/** What a file of a session is to be. */
export interface ExportOptions {
  /** `stereo`: the user left, the bot right; `mono`: both added up. Default `stereo`. */
  layout?: SessionLayout;
  /** Default: the recorder's; of one that makes MP3, `opus`. `mp3` fetches LAME when it is first asked for. */
  format?: SessionFileFormat;
  /**
   * WAV and MP3 only, in Hz, 8000 … 48000; of MP3 one of 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000.
   * Default: what was kept; of MP3 the nearest of these below it.
   */
  sampleRate?: number;
  /**
   * Opus and MP3 only, bit/s for each channel, 6000 … 256000. Default: the recorder's; of MP3 64000, unless the recorder
   * makes it. What was kept as Opus is not encoded again; MP3 takes the nearest bitrate that it has.
   */
  bitrate?: number;
  signal?: AbortSignal;
}

/** How a bundle is made. */
export interface BundleOptions {
  signal?: AbortSignal;
}

/** A stretch of a session. */
export interface AudioOptions extends Omit<ExportOptions, 'layout'> {
  /** This one alone. Default: both, left and right. */
  speaker?: Speaker;
  /** In session milliseconds (`turn.startMs`), `toMs` exclusive. Default: from the beginning, to the end. */
  fromMs?: number;
  toMs?: number;
}

/** Where the bytes go: taken as they are made, so that an hour needs no more memory than a second. It is closed at the end. */
export type FileSink = WritableStream<Uint8Array<ArrayBuffer>>;

/** A file and its facts. */
export interface SessionFileBlob {
  blob: Blob;
  facts: SessionFileFacts;
}

const FORMATS = ['opus', 'wav', 'mp3'] as const;
const MEDIA_TYPES: Readonly<Record<SessionFileFormat, string>> = {
  opus: 'audio/ogg',
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
};

/** What one session's files are made with. */
export interface SessionFilesOptions {
  sessionId: string;
  engine: Engine;
  holds: SessionHolds;
  format: SegmentFormat;
  bitrate: number;
}

/**
 * The files of one session, running or over: made from what is kept on this device, in the engine, in small pieces of work.
 * Of a running session they go as far as it has come. While one is made the session is held: see `recorder.hold()`.
 */
export class SessionFiles {
  readonly #options: SessionFilesOptions;

  /** @internal */
  constructor(options: SessionFilesOptions) {
    this.#options = options;
  }

  /**
   * The whole conversation in one file, into a Blob or a stream. From the session file (`record.session`) where one was
   * kept; else from the turns, and what lies between them is silence: `facts.betweenTurns` says which. Errors:
   * `invalid_argument`, `unsupported_format`, `storage_failed`, `aborted`; the stream is aborted with them.
   */
  export(options: ExportOptions & { to: FileSink }): Promise<SessionFileFacts>;
  export(options?: ExportOptions): Promise<SessionFileBlob>;
  export(options: ExportOptions & { to?: FileSink } = {}): Promise<SessionFileFacts | SessionFileBlob> {
    return this.#make(options, options.layout ?? 'stereo', {});
  }

  /** A stretch of it, to the sample; of one speaker, or of both. Default format WAV. Otherwise as {@link export}. */
  audio(options: AudioOptions & { to: FileSink }): Promise<SessionFileFacts>;
  audio(options?: AudioOptions): Promise<SessionFileBlob>;
  audio(options: AudioOptions & { to?: FileSink } = {}): Promise<SessionFileFacts | SessionFileBlob> {
    const { speaker, fromMs, toMs, format = 'wav' } = options;
    return this.#make({ ...options, format }, 'stereo', { speaker, fromMs, toMs });
  }

  /**
   * The whole session as one zip: `session.json` (see `turntape/session.schema.json`), the file of every segment, and the
   * session file, when one was kept. Without compression: audio is compressed already. Errors as {@link export}.
   */
  bundle(options: BundleOptions & { to: FileSink }): Promise<undefined>;
  bundle(options?: BundleOptions): Promise<Blob>;
  async bundle({ to, signal }: BundleOptions & { to?: FileSink } = {}): Promise<Blob | undefined> {
    const options = { ...(to && { to }), ...(signal && { signal }) };
    const { pieces } = await this.#read('openBundle', options, 'stereo', {});
    return to ? undefined : new Blob(pieces, { type: 'application/zip' });
  }

  async #make(
    options: ExportOptions & { to?: FileSink },
    layout: SessionLayout,
    part: Pick<FileRequest, 'speaker' | 'fromMs' | 'toMs'>,
  ): Promise<SessionFileFacts | SessionFileBlob> {
    const { facts, pieces } = await this.#read('openFile', options, layout, part);
    return options.to ? facts : { facts, blob: new Blob(pieces, { type: MEDIA_TYPES[facts.format] }) };
  }

  #read(
    open: 'openFile' | 'openBundle',
    options: ExportOptions & { to?: FileSink },
    layout: SessionLayout,
    part: Pick<FileRequest, 'speaker' | 'fromMs' | 'toMs'>,
  ): Promise<{ facts: SessionFileFacts; pieces: Blob[] }> {
    const request = this.#request(options, layout, part);
    const { holds, sessionId } = this.#options;
    return holds.during(sessionId, (goesOn) => this.#readAll(open, request, options, goesOn));
  }

  /** Into the stream, or into pieces. */
  async #readAll(
    open: 'openFile' | 'openBundle',
    request: FileRequest,
    { to, signal }: Pick<ExportOptions, 'signal'> & { to?: FileSink },
    goesOn: () => Promise<void>,
  ): Promise<{ facts: SessionFileFacts; pieces: Blob[] }> {
    const { engine } = this.#options;
    const { fileId, facts } = await engine.call(open, [request], { signal });
    const pieces: Blob[] = [];
    const writer = to?.getWriter();
    try {
      for (;;) {
        const bytes = await engine.call('readFile', [fileId], { signal });
        if (!bytes) break;
        // Each one handed to the browser at once, which may put it on the disk.
        if (writer) await abortable(writer.write(new Uint8Array(bytes)), signal);
        else pieces.push(new Blob([bytes]));
        throwIfAborted(signal);
        await goesOn();
      }
      if (writer) await abortable(writer.close(), signal);
    } catch (thrown) {
      // It may have been the stream itself that failed: then it is over already.
      const over = writer?.abort(thrown).catch(() => undefined);
      // One that stands still takes its time, and whoever gave it up has none.
      if (!signal?.aborted) await over;
      throw thrown;
    } finally {
      await engine.call('closeFile', [fileId]);
      writer?.releaseLock();
    }
    return { facts, pieces };
  }

  #request(
    {
      format = this.#options.format === 'mp3' ? 'opus' : this.#options.format,
      sampleRate,
      bitrate = format === 'mp3' && this.#options.format !== 'mp3' ? DEFAULT_MP3_BITRATE : this.#options.bitrate,
      to,
    }: ExportOptions & { to?: FileSink },
    layout: SessionLayout,
    { speaker, fromMs, toMs }: Pick<FileRequest, 'speaker' | 'fromMs' | 'toMs'>,
  ): FileRequest {
    if (to !== undefined && !(to instanceof WritableStream))
      throw new TurntapeError('invalid_argument', 'to must be a WritableStream', { field: 'to' });
    if (to?.locked) throw new TurntapeError('invalid_argument', 'somebody else writes to this stream', { field: 'to' });
    return {
      sessionId: this.#options.sessionId,
      layout: check.oneOf(layout, 'layout', ['stereo', 'mono'] as const),
      format: check.oneOf(format, 'format', FORMATS),
      bitrate: check.integer(bitrate, 'bitrate', 6000, 256_000),
      sampleRate: sampleRate === undefined ? undefined : check.fileRate(sampleRate, 'sampleRate', format),
      speaker: speaker === undefined ? undefined : check.oneOf(speaker, 'speaker', ['user', 'bot'] as const),
      fromMs: fromMs === undefined ? undefined : check.number(fromMs, 'fromMs', 0, Number.MAX_SAFE_INTEGER),
      toMs: toMs === undefined ? undefined : check.number(toMs, 'toMs', fromMs ?? 0, Number.MAX_SAFE_INTEGER),
    };
  }
}
