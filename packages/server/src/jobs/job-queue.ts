import { randomUUID } from 'node:crypto';
import type { Database, Queryable } from '../database.ts';

/** The kinds of work that are done after the answer. */
export type JobKind = 'webhook' | 'transcribe' | 'session_file' | 'quality';

/** Work to be done once. */
export interface NewJob {
  kind: JobKind;
  sessionId: string;
  /** Two of the same are one. */
  dedupKey: string;
  facts?: Readonly<Record<string, unknown>>;
  /** Not before this long from now, in milliseconds. Default 0. */
  delayMs?: number;
}

/** Work that this process has taken. */
export interface TakenJob {
  job_id: string;
  kind: JobKind;
  session_id: string;
  facts: Record<string, unknown>;
  attempts: number;
}

/** A worker that died holds its job this long, in milliseconds; no job may take longer. */
const HOLD_MS = 10 * 60_000;
/** Tries before a job is given up: with the pauses below, four and a half hours. */
const MAX_ATTEMPTS = 12;
/** Pause after the first failure, in milliseconds; doubled each time, with jitter. */
const FIRST_PAUSE_MS = 8000;

/** Queues a job; the same work again is queued anew only when the earlier is over. True when it was queued. */
export async function enqueue(scope: Queryable, job: NewJob): Promise<boolean> {
  const { kind, sessionId, dedupKey, facts = {}, delayMs = 0 } = job;
  const { rows } = await scope.query(
    `INSERT INTO turntape_jobs (job_id, kind, session_id, dedup_key, facts, run_at)
     VALUES ($1::uuid, $2, $3::uuid, $4, $5::jsonb, now() + $6::float8 * interval '1 millisecond')
     ON CONFLICT (dedup_key) DO UPDATE SET
       state = 'queued', attempts = 0, facts = excluded.facts, run_at = excluded.run_at, last_error = NULL,
       finished_at = NULL
     WHERE turntape_jobs.state IN ('done', 'dead')
     RETURNING job_id`,
    [randomUUID(), kind, sessionId, dedupKey, JSON.stringify(facts), delayMs],
  );
  return rows.length > 0;
}

/** Takes the job that has been due longest; nobody else gets it while we hold it. */
export async function takeJob(database: Database): Promise<TakenJob | undefined> {
  const { rows } = await database.query<TakenJob>(
    `UPDATE turntape_jobs SET state = 'running', attempts = attempts + 1,
            held_until = now() + $1::float8 * interval '1 millisecond'
      WHERE job_id = (
        SELECT job_id FROM turntape_jobs
         WHERE run_at <= now() AND (state = 'queued' OR (state = 'running' AND held_until < now()))
         ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING job_id, kind, session_id, facts, attempts`,
    [HOLD_MS],
  );
  return rows[0];
}

/** The job is done. */
export async function finishJob(database: Queryable, jobId: string): Promise<void> {
  await database.query(
    `UPDATE turntape_jobs SET state = 'done', finished_at = now(), held_until = NULL WHERE job_id = $1::uuid`,
    [jobId],
  );
}

/** The job failed: later again, or given up. `code` is a word of ours, never what was said or sent. */
export async function failJob(
  database: Queryable,
  { job_id: jobId, attempts }: TakenJob,
  code: string,
  isFinal: boolean,
): Promise<'queued' | 'dead'> {
  const state = isFinal || attempts >= MAX_ATTEMPTS ? 'dead' : 'queued';
  const pauseMs = FIRST_PAUSE_MS * 2 ** (attempts - 1) * (0.75 + Math.random() / 2);
  await database.query(
    `UPDATE turntape_jobs SET state = $2, last_error = $3, held_until = NULL,
            run_at = now() + $4::float8 * interval '1 millisecond',
            finished_at = CASE WHEN $2 = 'dead' THEN now() END
      WHERE job_id = $1::uuid`,
    [jobId, state, code, pauseMs],
  );
  return state;
}

/** Gives a job back untouched: the server closes. */
export async function releaseJob(database: Queryable, { job_id: jobId }: TakenJob): Promise<void> {
  await database.query(
    `UPDATE turntape_jobs SET state = 'queued', attempts = attempts - 1, held_until = NULL WHERE job_id = $1::uuid`,
    [jobId],
  );
}

/** A job as an operator sees it. */
export interface JobRow {
  job_id: string;
  kind: JobKind;
  session_id: string;
  state: string;
  attempts: number;
  run_at: Date;
  last_error: string | null;
}

/** Jobs in one state, the newest first. */
export async function listJobs(database: Queryable, state: string, limit: number): Promise<JobRow[]> {
  const { rows } = await database.query<JobRow>(
    `SELECT job_id, kind, session_id, state, attempts, run_at, last_error FROM turntape_jobs
      WHERE state = $1 ORDER BY created_at DESC LIMIT $2`,
    [state, limit],
  );
  return rows;
}

/** Has a job that was given up done again, at once. False: there is no such job. */
export async function retryJob(database: Queryable, jobId: string): Promise<boolean> {
  const { rows } = await database.query(
    `UPDATE turntape_jobs SET state = 'queued', attempts = 0, run_at = now(), finished_at = NULL
      WHERE job_id = $1::uuid AND state IN ('dead', 'queued') RETURNING job_id`,
    [jobId],
  );
  return rows.length > 0;
}
