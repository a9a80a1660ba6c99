import { createHmac } from 'node:crypto';
import type { AudioLinks } from '../access/audio-link.ts';
import type { Queryable } from '../database.ts';
import type { WebhookSettings } from '../settings.ts';
import { findSession } from '../stores/playback.ts';
import { listRecordings } from '../stores/recording-store.ts';
import type { TakenJob } from './job-queue.ts';
import { JobError } from './job-runner.ts';

/** How long the other side may take, in milliseconds. */
const ANSWER_MS = 15_000;
/** What {@link WebhookSettings.delayMs} is when nobody says. */
export const WEBHOOK_DELAY_MS = 5000;

/**
 * Tells the end of a session, also of one without a segment: `session.completed`, with its facts and its recordings, each with an
 * address that is good for 15 minutes. Signed and named as
 * standardwebhooks.com says, so that any of its libraries can check it; the id is the same in every try.
 */
export function webhookWork(database: Queryable, links: AudioLinks, webhook: WebhookSettings | undefined) {
  return async ({ job_id: id, session_id: sessionId }: TakenJob, signal: AbortSignal): Promise<void> => {
    if (webhook === undefined) throw new JobError('no_webhook', 'No webhook is set.', { isFinal: true });
    const session = await findSession(database, sessionId);
    // Erased meanwhile: there is nothing to tell.
    if (session === undefined) return;
    const { consent: _, epochs: __, ...facts } = session;
    const recordings = (await listRecordings(database, sessionId)).map(({ metadata: ___, ...recording }) => ({
      ...recording,
      playback_url: links.sign(`/v1/files/${recording.recording_id}/audio`),
    }));
    const data = { ...facts, recordings };
    const body = JSON.stringify({ type: 'session.completed', timestamp: new Date().toISOString(), data });
    const response = await call(webhook, { id, body, signal });
    await response.body?.cancel();
    if (!response.ok) throw new JobError(`webhook_${response.status}`, `The webhook answered ${response.status}.`);
  };
}

async function call(
  { url, secret }: WebhookSettings,
  { id, body, signal }: { id: string; body: string; signal: AbortSignal },
): Promise<Response> {
  const seconds = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  try {
    return await fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': seconds,
        'webhook-signature': `v1,${signature}`,
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
  } catch (cause) {
    throw new JobError('webhook_unreachable', 'The webhook does not answer.', { cause });
  }
}
