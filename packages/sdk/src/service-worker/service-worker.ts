import { TurntapeError, isTurntapeError } from '../core/errors.ts';
import { openTurntapeDatabase } from '../storage/database.ts';
import { createOutbox } from '../storage/outbox.ts';
import { BACKGROUND_SYNC_TAG, DELIVER_MESSAGE } from '../upload-contract/background-sync-tag.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { erasuresElsewhere } from '../upload/erasure-hint.ts';
import { checkSendTimeout } from '../upload/send-limit.ts';
import { type Uploader, createUploader } from '../upload/uploader.ts';

export { type HeadersContext, type HttpOptions, httpTarget } from '../upload/targets/http-target.ts';
export type { UploadTarget } from '../upload-contract/target.ts';

/** What background delivery needs. */
export interface BackgroundOptions {
  /**
   * Where the outbox goes. Built here, not handed over by the page: the page is gone. Its `headers({ sessionId })` get
   * tokens of their own, from the app's backend by the user's cookie, say.
   */
  target: UploadTarget;
  /**
   * How long one run may take, in milliseconds. What is left then is left to the browser, which calls again later.
   * Default 150000: Chromium ends a sync event after three minutes.
   */
  limitMs?: number | undefined;
  /** Told of what nobody awaits: a refused token, a refused item, a storage that fails. Default: nobody. */
  onError?: ((error: TurntapeError) => void) | undefined;
}

/** What a run has come to. */
export interface BackgroundResult {
  readonly acknowledgedSegments: number;
  /** Still in the outbox: what waits for a token, and what the backend refused. */
  readonly pending: number;
  readonly rejected: number;
}

/** Background delivery, for the app's own events too. */
export interface BackgroundDelivery {
  /**
   * Empties the outbox now: for a `push`, `periodicsync` or `message` event, where a browser has no Background Sync. Runs
   * that overlap are one.
   * @throws TurntapeError `network`, retryable: not all could be sent in time; `storage_unavailable`
   */
  deliver(): Promise<BackgroundResult>;
}

/** What the types of workers do not have: the event is Chromium's alone. */
interface SyncEvent extends Event {
  readonly tag: string;
  waitUntil(work: Promise<unknown>): void;
}

const DEFAULT_LIMIT_MS = 150_000;

/**
 * Delivers what a page has kept, also when the tab is gone: call it at the top of the app's own service worker, and give
 * `createRecorder` the option `backgroundSync: true`. A page that is left says so to the service worker, in every browser.
 * Where the browser has Background Sync it calls as well when there is a network; a run that could not send everything is
 * repeated by the browser, some times and ever later.
 *
 * The uploader is the page's own, under the same lock: what a page sends at this moment is not sent here.
 */
export function deliverInBackground(options: BackgroundOptions): BackgroundDelivery {
  const limitMs = options.limitMs ?? DEFAULT_LIMIT_MS;
  if (!(limitMs > 0))
    throw new TurntapeError('invalid_option', 'limitMs must be a positive number', { field: 'limitMs' });
  checkSendTimeout(options.target);
  let running: Promise<BackgroundResult> | undefined;
  const deliver = (): Promise<BackgroundResult> => {
    running ??= drain({ ...options, limitMs }).finally(() => (running = undefined));
    return running;
  };
  globalThis.addEventListener('sync', (event) => {
    const sync = event as SyncEvent;
    if (sync.tag === BACKGROUND_SYNC_TAG) sync.waitUntil(deliver());
  });
  globalThis.addEventListener('message', (event) => {
    const message = event as MessageEvent & Pick<SyncEvent, 'waitUntil'>;
    if (message.data === DELIVER_MESSAGE) message.waitUntil(deliver());
  });
  return { deliver };
}

async function drain({ target, limitMs, onError }: BackgroundOptions & { limitMs: number }): Promise<BackgroundResult> {
  const db = await openTurntapeDatabase();
  try {
    const uploader = createUploader({ outbox: createOutbox(db), target, erasures: erasuresElsewhere });
    if (onError) listen(uploader, onError);
    try {
      await uploader.whenIdle({ signal: AbortSignal.timeout(limitMs) });
      const { acknowledgedSegments, pending, rejected } = uploader.progress;
      return { acknowledgedSegments, pending, rejected };
    } finally {
      await uploader.dispose();
    }
  } catch (thrown) {
    if (!isTurntapeError(thrown) || thrown.code !== 'aborted') throw thrown;
    throw new TurntapeError('network', 'not everything could be sent in time', { retryable: true, cause: thrown });
  } finally {
    db.close();
  }
}

function listen(uploader: Uploader, onError: (error: TurntapeError) => void): void {
  uploader.on('failed', ({ error }) => onError(error));
  uploader.on('rejected', ({ error }) => onError(error));
  uploader.on('paused', ({ error }) => error && onError(error));
  uploader.on('unsupported', ({ error }) => onError(error));
  uploader.on('error', ({ error }) => onError(error));
}
