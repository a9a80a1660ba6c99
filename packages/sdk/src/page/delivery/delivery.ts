import { TurntapeError } from '../../core/errors.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { createOutbox } from '../../storage/outbox.ts';
import { listSegments } from '../../storage/segments.ts';
import type { OutboxChoice, OutboxEntry, OutboxItem } from '../../upload-contract/outbox.ts';
import type { UploadTarget } from '../../upload-contract/target.ts';
import { handOver } from '../../upload/deliver.ts';
import { erasuresElsewhere, tellErased } from '../../upload/erasure-hint.ts';
import { ExitPouch } from '../../upload/exit-pouch.ts';
import { type Uploader, createUploader } from '../../upload/uploader.ts';
import type { UploadProgress } from '../../upload/uploader-events.ts';
import type { Session } from '../session.ts';

/** Where the outbox stands. */
export interface OutboxProgress extends UploadProgress {
  /** Nothing is sent: paused by the app, or no target was given. */
  paused: boolean;
}

/** A try that failed, and when the next one comes. */
export interface DeliveryRetryEvent {
  sessionId: string;
  kind: OutboxEntry['kind'];
  /** Of the segment, the transcript or the session. */
  id: string;
  error: TurntapeError;
  /** Tries so far. */
  attempt: number;
  /** Milliseconds until the next one. */
  delayMs: number;
}

/** What is kept and not yet acknowledged, as the app sees it. A choice is a session's id, or `{ seq }` for one item. */
export interface OutboxView {
  /** Where it stands now: what the recorder's event `outbox` told last. Undefined without a target: nothing is ever sent. */
  readonly progress: OutboxProgress | undefined;
  /** Every item in order, rejected ones included. */
  items(): Promise<readonly OutboxItem[]>;
  /** How many items are still to be sent. */
  pending(): Promise<number>;
  /** Starts nothing new, of one session or of all; what is under way is finished. */
  pause(sessionId?: string): void;
  /** Goes on, with one session or with all; a session paused by a refused token asks for one again. */
  resume(sessionId?: string): void;
  /** Tries now what rests and what was rejected, of all or of those chosen; a session paused by a refused token goes on. */
  retry(choice?: string | OutboxChoice): Promise<void>;
  /**
   * Gives up sending, also what is under way. The items stay on this device as rejected, with the code `aborted`, until
   * they are retried or erased.
   */
  cancel(choice: string | OutboxChoice): Promise<void>;
  /**
   * Gives items to another target (`fileTarget()`, say) and leaves them where they are: the way out for what a backend
   * refuses. Of all rejected items, or of those chosen whatever their state. Resolves with the number of those given: what
   * cannot be decrypted any more is left out, each told by an `error` event (`undecryptable`). Errors: what the target
   * throws; `aborted`.
   */
  export(target: UploadTarget, options?: { choice?: string | OutboxChoice; signal?: AbortSignal }): Promise<number>;
}

export interface DeliveryNews {
  session: (sessionId: string) => Session | undefined;
  onProgress: (progress: OutboxProgress) => void;
  onAcknowledged: () => void;
  onRetry: (event: DeliveryRetryEvent) => void;
  onError: (error: TurntapeError) => void;
}

/** The way to the backend as the page owns it: the outbox of the database, the uploader, and who is told. */
export class Delivery implements OutboxView {
  readonly #outbox;
  readonly #uploader: Uploader | undefined;
  readonly #pouch: ExitPouch | undefined;
  readonly #onError: DeliveryNews['onError'];
  #paused = false;
  /** Sessions whose token the backend refused, and what it said. */
  readonly refused = new Map<string | undefined, TurntapeError>();

  /** `paused`: nothing is sent before {@link resume}. */
  constructor(db: TurntapeDatabase, target: UploadTarget | undefined, news: DeliveryNews, paused = false) {
    this.#outbox = createOutbox(db);
    this.#onError = news.onError;
    if (!target) return;
    const uploader = createUploader({ outbox: this.#outbox, target, erasures: erasuresElsewhere });
    this.#uploader = uploader;
    this.#pouch = new ExitPouch({
      outbox: this.#outbox,
      target,
      sendable: (most) => uploader.sendable(most),
      onError: (cause) =>
        news.onError(
          new TurntapeError(
            'storage_failed',
            'what waits to be sent could not be held ready for the exit of the page',
            { cause },
          ),
        ),
    });
    this.#tell(this.#uploader, db, news);
    // At once: it has not yet looked what there is.
    if (paused) this.pause();
  }

  nudge(): void {
    this.#uploader?.nudge();
  }

  get progress(): OutboxProgress | undefined {
    return this.#uploader && { ...this.#uploader.progress, paused: this.#paused };
  }

  items(): Promise<readonly OutboxItem[]> {
    return this.#outbox.items();
  }

  async pending(): Promise<number> {
    const { entries } = await this.#outbox.read();
    return entries.filter((item) => item.state === 'pending').length;
  }

  /** Without an uploader nobody here knows. */
  get mayHavePending(): boolean {
    return !this.#uploader || this.#uploader.progress.pending > 0;
  }

  /** A session was erased, or all were: nothing of it leaves any more, from this tab or another. */
  erased(sessionId?: string): void {
    tellErased(sessionId);
    this.#uploader?.erased(sessionId);
  }

  /** The page is being left: what requests that outlive it can carry is sent by them. */
  sendLast(): void {
    this.#pouch?.send();
  }

  pause(sessionId?: string): void {
    if (sessionId === undefined) this.#paused = true;
    this.#uploader?.pause(sessionId?.toLowerCase());
    this.#pouch?.changed();
  }

  resume(sessionId?: string): void {
    if (sessionId === undefined) this.#paused = false;
    this.#uploader?.resume(sessionId?.toLowerCase());
    this.#pouch?.changed();
  }

  async retry(choice: string | OutboxChoice = {}): Promise<void> {
    await (this.#uploader ?? this.#outbox).retry(toChoice(choice));
  }

  async cancel(choice: string | OutboxChoice): Promise<void> {
    const error = { code: 'aborted', message: 'the app cancelled it', retryable: false } as const;
    if (this.#uploader) await this.#uploader.cancel(toChoice(choice));
    else await this.#outbox.cancel(toChoice(choice), error);
    this.#pouch?.drop(toChoice(choice));
  }

  async export(
    target: UploadTarget,
    { choice, signal = new AbortController().signal }: { choice?: string | OutboxChoice; signal?: AbortSignal } = {},
  ): Promise<number> {
    const chosen = choice === undefined ? undefined : toChoice(choice);
    const { entries } = await this.#outbox.read();
    const meant = entries.filter(({ state, sessionId, seq }) =>
      chosen ? (chosen.sessionId ?? sessionId) === sessionId && (chosen.seq ?? seq) === seq : state === 'rejected',
    );
    let given = 0;
    for (const { seq } of meant) {
      const item = await this.#outbox.item(seq);
      if (item && (await this.#give(item, target, signal))) given += 1;
    }
    return given;
  }

  /** False: nobody can read it any more, which stands in no other's way. */
  async #give(item: OutboxItem, target: UploadTarget, signal: AbortSignal): Promise<boolean> {
    try {
      await handOver(item, { outbox: this.#outbox, target, signal });
      return true;
    } catch (thrown) {
      if (!(thrown instanceof TurntapeError) || thrown.code !== 'undecryptable') throw thrown;
      this.#onError(thrown);
      return false;
    }
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
      if (item.kind === 'segment') news.session(item.sessionId)?.emit('segment-sent', { segmentId: item.id });
    });
    uploader.on('acknowledged', ({ item, receipt }) => {
      news.onAcknowledged();
      if (item.kind !== 'segment') return;
      const audioUrl = receipt?.audio_url;
      news.session(item.sessionId)?.emit('segment-acknowledged', { segmentId: item.id, audioUrl });
    });
    uploader.on('rejected', ({ item, error }) => {
      if (item.kind === 'segment')
        news.session(item.sessionId)?.emit('segment-rejected', { segmentId: item.id, error });
    });
    uploader.on('elsewhere', ({ item }) => {
      if (item.kind !== 'segment') return;
      tellElsewhere(db, news.session(item.sessionId), item.id).catch((thrown: unknown) =>
        news.onError(
          new TurntapeError('storage_failed', 'what another tab delivered could not be read', { cause: thrown }),
        ),
      );
    });
    uploader.on('erased', (choice) => this.#pouch?.drop(choice));
    // One that was rewritten may have the size of the old: no progress, and another file.
    uploader.on('looked', () => this.#pouch?.changed());
    uploader.on('failed', ({ item: { sessionId, kind, id }, error, attempt, delayMs }) => {
      news.onRetry({ sessionId, kind, id, error, attempt, delayMs });
      news.onError(error);
    });
    uploader.on('unsupported', ({ error }) => news.onError(error));
    uploader.on('error', ({ error }) => news.onError(error));
    uploader.on('paused', ({ sessionId, error }) => {
      if (!error) return;
      this.refused.set(sessionId, error);
      news.onError(error);
    });
    uploader.on('resumed', ({ sessionId }) => {
      if (sessionId === undefined) this.refused.clear();
      else this.refused.delete(sessionId);
    });
    uploader.on('progress', (progress) => {
      this.#pouch?.changed();
      news.onProgress({ ...progress, paused: this.#paused });
    });
  }
}

function toChoice(choice: string | OutboxChoice): OutboxChoice {
  const { sessionId, seq } = typeof choice === 'string' ? { sessionId: choice } : { seq: undefined, ...choice };
  return { sessionId: sessionId?.toLowerCase(), seq };
}

/** Another tab delivered it: only the row knows what came of it. An erased one has no row, and nothing is told. */
async function tellElsewhere(db: TurntapeDatabase, session: Session | undefined, segmentId: string): Promise<void> {
  const rows = session ? await listSegments(db, session.sessionId) : [];
  const row = rows.find(({ segment_id }) => segment_id === segmentId);
  if (row?.state !== 'acknowledged') return;
  session?.emit('segment-acknowledged', { segmentId, audioUrl: row.audio_url ?? undefined });
}
