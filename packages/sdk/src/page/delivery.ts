import { TurntapeError } from '../core/errors.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { createOutbox } from '../storage/outbox.ts';
import { listSegments } from '../storage/segments.ts';
import type { OutboxItem } from '../upload-contract/outbox.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { type Uploader, createUploader } from '../upload/uploader.ts';
import type { UploadProgress } from '../upload/uploader-events.ts';
import type { Session } from './session.ts';

/** Where the outbox stands. */
export interface OutboxProgress extends UploadProgress {
  /** Nothing is sent: paused by the app, or no target was given. */
  paused: boolean;
}

/** What is kept and not yet acknowledged, as the app sees it. */
export interface OutboxView {
  /** Every item in order, rejected ones included. */
  items(): Promise<readonly OutboxItem[]>;
  /** How many items are still to be sent. */
  pending(): Promise<number>;
  /** Stops sending; what is under way is finished. */
  pause(): void;
  resume(): void;
  /** Sends rejected items again, of one session or of all; a session paused by a refused token goes on. */
  retry(sessionId?: string): Promise<void>;
}

export interface DeliveryNews {
  session: (sessionId: string) => Session | undefined;
  onProgress: (progress: OutboxProgress) => void;
  onAcknowledged: () => void;
  onError: (error: TurntapeError) => void;
}

/** The way to the backend as the page owns it: the outbox of the database, the uploader, and who is told. */
export class Delivery implements OutboxView {
  readonly #outbox;
  readonly #uploader: Uploader | undefined;
  #paused = false;

  constructor(db: TurntapeDatabase, target: UploadTarget | undefined, news: DeliveryNews) {
    this.#outbox = createOutbox(db);
    if (!target) return;
    this.#uploader = createUploader({ outbox: this.#outbox, target });
    this.#tell(this.#uploader, db, news);
  }

  nudge(): void {
    this.#uploader?.nudge();
  }

  items(): Promise<readonly OutboxItem[]> {
    return this.#outbox.items();
  }

  async pending(): Promise<number> {
    const items = await this.#outbox.items();
    return items.filter((item) => item.state === 'pending').length;
  }

  pause(): void {
    this.#paused = true;
    this.#uploader?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#uploader?.resume();
  }

  async retry(sessionId?: string): Promise<void> {
    if (this.#uploader) await this.#uploader.retry(sessionId);
    else await this.#outbox.retry(sessionId);
  }

  /**
   * Errors: `aborted`; `rejected` when an item of the session was refused for good; `unauthorized` when its token was;
   * `invalid_option` without a target.
   */
  async whenDelivered(sessionId: string, signal: AbortSignal | undefined): Promise<void> {
    if (!this.#uploader)
      throw new TurntapeError('invalid_option', 'there is no target: nothing is ever sent', { field: 'target' });
    await this.#uploader.whenDelivered(sessionId, signal ? { signal } : {});
  }

  async dispose(): Promise<void> {
    await this.#uploader?.dispose();
  }

  #tell(uploader: Uploader, db: TurntapeDatabase, news: DeliveryNews): void {
    uploader.on('sent', ({ item }) => {
      if (item.payload.kind === 'segment')
        news.session(item.sessionId)?.emit('segment-sent', { segmentId: item.payload.segment.segment_id });
    });
    uploader.on('acknowledged', ({ item, receipt }) => {
      news.onAcknowledged();
      if (item.payload.kind !== 'segment') return;
      const segmentId = item.payload.segment.segment_id;
      news.session(item.sessionId)?.emit('segment-acknowledged', { segmentId, audioUrl: receipt?.audio_url });
    });
    uploader.on('rejected', ({ item, error }) => {
      if (item.payload.kind !== 'segment') return;
      const segmentId = item.payload.segment.segment_id;
      news.session(item.sessionId)?.emit('segment-rejected', { segmentId, error });
    });
    uploader.on('elsewhere', ({ item }) => {
      if (item.payload.kind !== 'segment') return;
      tellElsewhere(db, news.session(item.sessionId), item.payload.segment.segment_id).catch((thrown: unknown) =>
        news.onError(
          new TurntapeError('storage_failed', 'what another tab delivered could not be read', { cause: thrown }),
        ),
      );
    });
    uploader.on('failed', ({ error }) => news.onError(error));
    uploader.on('unsupported', ({ error }) => news.onError(error));
    uploader.on('error', ({ error }) => news.onError(error));
    uploader.on('paused', ({ error }) => error && news.onError(error));
    uploader.on('progress', (progress) => news.onProgress({ ...progress, paused: this.#paused }));
  }
}

/** Another tab delivered it: only the row knows what came of it. An erased one has no row, and nothing is told. */
async function tellElsewhere(db: TurntapeDatabase, session: Session | undefined, segmentId: string): Promise<void> {
  const rows = session ? await listSegments(db, session.sessionId) : [];
  const row = rows.find(({ segment_id }) => segment_id === segmentId);
  if (row?.state !== 'acknowledged') return;
  session?.emit('segment-acknowledged', { segmentId, audioUrl: row.audio_url ?? undefined });
}
