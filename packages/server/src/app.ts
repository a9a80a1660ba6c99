import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { AccessEnv } from './access/access.ts';
import type { VerifyToken } from './access/access-token.ts';
import type { Mint } from './access/upload-token.ts';
import type { AudioLinks } from './access/audio-link.ts';
import { authenticate } from './access/authenticate.ts';
import type { TicketBook } from './access/ticket-book.ts';
import type { BlobStore } from './blob-store.ts';
import { BodyBudget } from './body-budget.ts';
import { countRefusals } from './count-refusals.ts';
import type { Database } from './database.ts';
import type { ServerHooks } from './jobs/hooks.ts';
import { enqueue } from './jobs/job-queue.ts';
import type { Log } from './log.ts';
import type { SessionNews } from './live/session-news.ts';
import type { Metrics } from './operate/metrics.ts';
import type { SweepReport } from './operate/sweep.ts';
import { answerErrors, logRequests, refuseWhileClosing, setSafeHeaders } from './request-rules.ts';
import { configRoutes } from './routes/config.ts';
import { healthRoutes } from './routes/health.ts';
import { openApiRoutes } from './routes/open-api.ts';
import { operationRoutes } from './routes/operations.ts';
import { segmentAudioRoutes } from './routes/segment-audio.ts';
import { segmentRoutes } from './routes/segments.ts';
import { sessionAdminRoutes } from './routes/session-admin.ts';
import { sessionAudioRoutes } from './routes/session-audio.ts';
import { sessionEventRoutes } from './routes/session-events.ts';
import { sessionFileRoutes } from './routes/session-files.ts';
import { sessionRecordingRoutes } from './routes/session-recordings.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { storeSegmentWith } from './routes/store-segment.ts';
import { ticketRoutes } from './routes/tickets.ts';
import { transcriptRoutes } from './routes/transcripts.ts';
import type { KeyTemplate } from './stores/key-template.ts';
import { SegmentStore, type OnStored } from './stores/segment-store.ts';
import { SessionStore, type OnSessionEnded } from './stores/session-store.ts';
import type { TranscriptStore } from './stores/transcript-store.ts';
import type { Limits } from './wire/file-form.ts';
import { WireError } from './wire/wire-error.ts';

/** What the app is wired from. */
export interface AppParts {
  database: Database;
  blobs: BlobStore;
  metrics: Metrics;
  /** Told when a session changes. */
  news: SessionNews;
  transcripts: TranscriptStore;
  verify: VerifyToken;
  /** The operator's own say; undefined: a good token is enough. */
  authorize: ServerHooks['authorize'];
  /** Undefined: this server has one token and makes none. */
  mint: Mint | undefined;
  links: AudioLinks;
  tickets: TicketBook;
  /** Where audio is put; undefined: where it lies when nobody says. */
  keyOf: KeyTemplate | undefined;
  requestsPerWindow: number;
  metricsToken: string;
  /** Web origins that may call from a page; `'*'` for any. */
  origins: readonly string[];
  limits: Limits;
  /** Which work follows a stored segment, and a session's end. */
  follows: { transcribe: boolean; quality: boolean; webhookAfterMs: number | undefined };
  sweep: (dryRun: boolean) => Promise<SweepReport>;
  /** There is a job. */
  wake: () => void;
  log: Log;
  /** Aborted when the server closes: requests that come after that are sent elsewhere. */
  closing: AbortSignal;
}

/** Bodies in memory at a time, in bytes: large files are not among them. */
const BODY_MEMORY_BYTES = 256 * 1024 * 1024;

/** Wires the routes; decides nothing. */
export function createApp(parts: AppParts): Hono {
  const { database, blobs, metrics, transcripts, verify, links, tickets, limits, follows, log, closing, wake } = parts;
  const kinds = (['transcribe', 'quality'] as const).filter((kind) => follows[kind]);
  const onStored: OnStored = async (scope, { session_id: sessionId, segment_id, byte_size, unheard_tail, capture }) => {
    if (byte_size === 0 || unheard_tail !== null) return;
    for (const kind of kinds) {
      // Nobody here can listen to a sealed file.
      if (kind === 'quality' && capture['sealed'] !== undefined) continue;
      await enqueue(scope, { kind, sessionId, dedupKey: `${kind}/${segment_id}`, facts: { segment_id } });
    }
    wake();
  };
  const segments = new SegmentStore(database, blobs, {
    onStored: kinds.length > 0 ? onStored : undefined,
    keyOf: parts.keyOf,
  });
  const { webhookAfterMs } = follows;
  const sessions = new SessionStore(
    database,
    blobs,
    webhookAfterMs === undefined ? undefined : tellEnd(webhookAfterMs, wake),
  );
  const store = storeSegmentWith(segments, transcripts, metrics, log);
  const budget = new BodyBudget(BODY_MEMORY_BYTES);

  const app = new Hono<AccessEnv>();
  app.onError(answerErrors(log));
  app.notFound(() => {
    throw new WireError('not_found', 'There is nothing here.');
  });
  app.use(logRequests(log, metrics), setSafeHeaders, refuseWhileClosing(closing));
  app.route('/', healthRoutes({ ...parts, verify }));
  app.route('/', openApiRoutes());
  // Before the token: a browser asks with OPTIONS and without it.
  app.use('/v1/*', allowOrigins(parts.origins));
  app.use('/v1/*', countRefusals(database, log));
  app.use(
    '/v1/*',
    authenticate({
      verify,
      links,
      requestsPerWindow: parts.requestsPerWindow,
      addressOf,
      authorize: parts.authorize,
      log,
    }),
  );
  app.route('/v1', configRoutes(limits, blobs.presignPut !== undefined));
  app.route('/v1', segmentRoutes({ store, database, blobs, limits, budget }));
  app.route('/v1', segmentAudioRoutes({ blobs, metrics }, database));
  app.route('/v1', ticketRoutes({ store, segments, blobs, tickets, limits, budget }));
  app.route('/v1', transcriptRoutes(transcripts, limits, budget));
  app.route('/v1', sessionRoutes({ sessions, database, links, limits, budget, mint: parts.mint, log }));
  app.route('/v1', sessionEventRoutes({ database, news: parts.news, closing }));
  app.route('/v1', sessionAdminRoutes({ database, blobs, limits, budget }));
  app.route('/v1', sessionAudioRoutes({ database, blobs, closing, log }));
  app.route('/v1', sessionFileRoutes({ database, links, limits, budget, wake }));
  app.route('/v1', sessionRecordingRoutes({ database, blobs, metrics, links, limits, budget }));
  app.route('/v1', operationRoutes({ database, sweep: parts.sweep, wake }));
  return app as unknown as Hono;
}

/** Queues the telling of a session's end. */
function tellEnd(delayMs: number, wake: () => void): OnSessionEnded {
  return async (scope, sessionId) => {
    await enqueue(scope, { kind: 'webhook', sessionId, dedupKey: `webhook/${sessionId}`, delayMs });
    wake();
  };
}

/** Of the connection, never what a header says. */
function addressOf(c: Parameters<typeof getConnInfo>[0]): string {
  return getConnInfo(c).remote.address ?? '';
}

function allowOrigins(origins: readonly string[]) {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'range', 'last-event-id'],
    // A page reads no other header of an answer than these and the safelisted ones.
    exposeHeaders: ['retry-after', 'content-range', 'accept-ranges', 'content-length'],
    maxAge: 600,
  });
}
