import { type HttpResponse, Upload, defaultOptions } from 'tus-js-client';
import { TurntapeError, isTurntapeError } from '../../core/errors.ts';
import type { SegmentWire, SessionWire, TranscriptWire } from '../../core/wire.ts';
import type { Receipt } from '../../upload-contract/receipt.ts';
import type { SendOptions, UploadTarget } from '../../upload-contract/target.ts';
import { abortable } from '../abortable.ts';
import { mediaType } from '../media-type.ts';
import { completeUpload } from './complete-upload.ts';
import { errorOf } from './http-answer.ts';
import { HttpBackend } from './http-backend.ts';
import type { HttpOptions } from './http-exchange.ts';
import { HttpTarget } from './http-target.ts';
import { TusStack } from './tus-stack.ts';

export type { HeadersContext, HttpOptions } from './http-exchange.ts';

/** What a tus target takes beside what every request shares. */
export interface TusOptions extends HttpOptions {
  /** Where uploads are created. Default `{base}/uploads`. */
  endpoint?: string | undefined;
  /**
   * Files of fewer bytes go in one request, as with `httpTarget`: below some megabytes a lost request costs less than
   * the two that tus needs for each file. Default 6 MiB; 0: every file by tus.
   */
  thresholdBytes?: number | undefined;
  /** Bytes of one PATCH: servers behind a proxy with a limit need it. Default: all that is left. */
  chunkBytes?: number | undefined;
}

const DEFAULT_THRESHOLD_BYTES = 6 * 1024 * 1024;

/** Uploads of one try: the second when the backend finds no file, or another one, behind the first. */
const UPLOADS_PER_TRY = 2;

/** Of tus: the offset was another, the upload is locked, a chunk's checksum was wrong. None is the file's fault. */
const TUS_RETRYABLE: ReadonlySet<number> = new Set([409, 423, 460]);

/**
 * A backend that takes large files by tus, resumable: a line that breaks, or a tab that closes, goes on where it was.
 * Then `POST {base}/segments/complete` with the metadata and `upload_url` gives the receipt. Small files, transcripts and
 * sessions go as with `httpTarget`.
 *
 * @param base The address before `/segments`: `'/v1'`, `'https://voice.example/v1'`.
 * @throws TurntapeError `invalid_option` (`base`, `timeoutMs`, `thresholdBytes`, `chunkBytes`)
 */
export function tusTarget(base: string, options: TusOptions = {}): UploadTarget {
  for (const field of ['thresholdBytes', 'chunkBytes'] as const) {
    const value = options[field];
    if (value !== undefined && !(value >= (field === 'chunkBytes' ? 1 : 0)))
      throw new TurntapeError('invalid_option', `${field} must be a number of bytes`, { field });
  }
  return new TusTarget(new HttpBackend(base, options), options);
}

class TusTarget implements UploadTarget {
  /** Every request has its own `timeoutMs`. */
  readonly sendTimeoutMs = Infinity;
  readonly #backend: HttpBackend;
  readonly #http: HttpTarget;
  readonly #options: TusOptions;

  constructor(backend: HttpBackend, options: TusOptions) {
    this.#backend = backend;
    this.#http = new HttpTarget(backend);
    this.#options = options;
  }

  async send(segment: SegmentWire, audio: Blob | undefined, options: SendOptions): Promise<Receipt> {
    if (!audio || audio.size < (this.#options.thresholdBytes ?? DEFAULT_THRESHOLD_BYTES))
      return this.#http.send(segment, audio, options);
    const { size } = new Blob([JSON.stringify(segment)]);
    await this.#backend.checkSegment(segment, audio, size, options);
    for (let uploads = 1; ; uploads += 1) {
      const upload = await this.#upload(segment, audio, options);
      const facts = { upload_url: upload.url ?? '' };
      const path = 'segments/complete';
      const result = await completeUpload({ backend: this.#backend, path, segment, facts, options });
      // Proved, or not to be gone on with: either way it is not resumed again.
      await forget(upload);
      if (!(result instanceof TurntapeError)) return result;
      if (uploads === UPLOADS_PER_TRY) throw result;
    }
  }

  sendTranscript(transcript: TranscriptWire, options: SendOptions): Promise<void> {
    return this.#http.sendTranscript(transcript, options);
  }

  sendSession(session: SessionWire, options: SendOptions): Promise<void> {
    return this.#http.sendSession(session, options);
  }

  eraseSession(sessionId: string, options: SendOptions): Promise<void> {
    return this.#http.eraseSession(sessionId, options);
  }

  check(options: { signal: AbortSignal }): Promise<void> {
    return this.#http.check(options);
  }

  /** Uploads the file, or what is missing of it, and settles when all of it is there. */
  async #upload(segment: SegmentWire, audio: Blob, { signal, onSent }: SendOptions): Promise<Upload> {
    const { segment_id, session_id, sha256 } = segment;
    const { type, extension } = mediaType(segment);
    const stack = new TusStack({ sessionId: session_id, signal, options: this.#backend.options });
    const endpoint = this.#options.endpoint ?? `${this.#backend.base}/uploads`;
    let settle: { resolve(): void; reject(error: unknown): void } | undefined;
    const upload = new Upload(audio, {
      endpoint: new URL(endpoint, globalThis.location?.href).href,
      httpStack: stack,
      // The outbox tries again, with its own waits.
      retryDelays: null,
      chunkSize: this.#options.chunkBytes ?? Infinity,
      metadata: { filename: `${segment_id}.${extension}`, filetype: type, segment_id, session_id, sha256 },
      fingerprint: async () => `turntape ${segment_id} ${sha256} ${endpoint}`,
      onSuccess: () => settle?.resolve(),
      onError: (error) => settle?.reject(error),
    });
    const [previous] = await upload.findPreviousUploads();
    if (previous) upload.resumeFromPreviousUpload(previous);
    const done = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
      upload.start();
    });
    try {
      await abortable(done, signal);
    } catch (thrown) {
      await upload.abort();
      if (signal.aborted) throw new TurntapeError('aborted', 'the upload was aborted', { cause: thrown });
      throw tusError(thrown, stack);
    }
    onSent?.();
    return upload;
  }
}

async function forget(upload: Upload): Promise<void> {
  const { urlStorage = defaultOptions.urlStorage } = upload.options;
  for (const { urlStorageKey } of await upload.findPreviousUploads()) await urlStorage.removeUpload(urlStorageKey);
}

/** What tus-js-client reports, as the error that a target throws. */
function tusError(thrown: unknown, { answer }: TusStack): TurntapeError {
  const { causingError, originalResponse } = thrown as {
    causingError?: unknown;
    originalResponse?: HttpResponse | null;
  };
  if (isTurntapeError(causingError)) return causingError;
  if (!answer || !originalResponse)
    return new TurntapeError('network', 'the upload failed', { retryable: true, cause: thrown });
  const error = errorOf(answer, 'segment', Date.now());
  if (error.code !== 'rejected' || !TUS_RETRYABLE.has(answer.status)) return error;
  return new TurntapeError('server_error', error.message, { retryable: true, cause: error.cause });
}
