import type { Database } from '../database.ts';
import { failureFacts, type Log } from '../log.ts';
import { failJob, finishJob, releaseJob, takeJob, type JobKind, type TakenJob } from './job-queue.ts';

/** Does one job. Throws {@link JobError} or anything else when it could not. */
export type JobWork = (job: TakenJob, signal: AbortSignal) => Promise<void>;

/** A job that could not be done. `isFinal`: nor will it be later. */
export class JobError extends Error {
  override readonly name = 'JobError' as const;
  /** A word for the operator: `webhook_503`, `ffmpeg_missing`. */
  readonly code: string;
  readonly isFinal: boolean;

  constructor(code: string, message: string, { isFinal = false, cause }: { isFinal?: boolean; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.isFinal = isFinal;
  }
}

/** How often the queue is looked at when nobody says that there is something, in milliseconds. */
const LOOK_MS = 2000;

/** Does the queue's jobs, one at a time, until it is stopped. */
export class JobRunner {
  readonly #database: Database;
  readonly #log: Log;
  readonly #work: Readonly<Record<JobKind, JobWork>>;
  readonly #stopping = new AbortController();
  #wake: (() => void) | undefined;
  #isWoken = false;
  #ended: Promise<void> | undefined;

  constructor(database: Database, log: Log, work: Readonly<Record<JobKind, JobWork>>) {
    this.#database = database;
    this.#log = log;
    this.#work = work;
  }

  start(): void {
    this.#ended ??= this.#run();
  }

  /** There is something to do. */
  wake(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  /** Lets go of what is under way; it is done again by whoever starts next. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#isWoken = false;
      const job = await this.#take();
      if (job === undefined) await this.#rest();
      else await this.#do(job);
    }
  }

  async #take(): Promise<TakenJob | undefined> {
    try {
      return await takeJob(this.#database);
    } catch (thrown) {
      this.#log('warn', 'jobs_unavailable', failureFacts(thrown));
      return undefined;
    }
  }

  async #do(job: TakenJob): Promise<void> {
    const facts = { job_id: job.job_id, kind: job.kind, session_id: job.session_id, attempts: job.attempts };
    try {
      await this.#work[job.kind](job, this.#stopping.signal);
      await finishJob(this.#database, job.job_id);
      this.#log('info', 'job_done', facts);
    } catch (thrown) {
      await this.#giveBack(job, thrown).then(
        (state) =>
          this.#log(state === 'dead' ? 'error' : 'warn', 'job_failed', { ...facts, state, ...failureFacts(thrown) }),
        // The database is away; the hold runs out and the job is taken again.
        (cause: unknown) => this.#log('warn', 'jobs_unavailable', failureFacts(cause)),
      );
    }
  }

  async #giveBack(job: TakenJob, thrown: unknown): Promise<string> {
    if (this.#stopping.signal.aborted) {
      await releaseJob(this.#database, job);
      return 'queued';
    }
    const code = thrown instanceof JobError ? thrown.code : thrown instanceof Error ? thrown.name : typeof thrown;
    return failJob(this.#database, job, code, thrown instanceof JobError && thrown.isFinal);
  }

  async #rest(): Promise<void> {
    if (this.#isWoken || this.#stopping.signal.aborted) return;
    await new Promise<void>((settle) => {
      const timer = setTimeout(settle, LOOK_MS);
      this.#wake = () => {
        clearTimeout(timer);
        settle();
      };
    });
    this.#wake = undefined;
  }
}
