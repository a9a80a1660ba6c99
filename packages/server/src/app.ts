import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { requireToken } from './authorization.ts';
import type { BlobStore } from './blob-store.ts';
import type { Database } from './database.ts';
import type { Log } from './log.ts';
import { answerErrors, logRequests, refuseWhileClosing, setSafeHeaders } from './request-rules.ts';
import { configRoutes } from './routes/config.ts';
import { segmentAudioRoutes } from './routes/segment-audio.ts';
import { segmentRoutes } from './routes/segments.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { transcriptRoutes } from './routes/transcripts.ts';
import { SegmentStore } from './stores/segment-store.ts';
import { SessionStore } from './stores/session-store.ts';
import { TranscriptStore } from './stores/transcript-store.ts';
import type { Limits } from './wire/segment-form.ts';
import { WireError } from './wire/wire-error.ts';

/** What the app is wired from. */
export interface AppParts {
  database: Database;
  blobs: BlobStore;
  token: string;
  /** Web origins that may call from a page; `'*'` for any. */
  origins: readonly string[];
  limits: Limits;
  log: Log;
  /** Aborted when the server closes: requests that come after that are sent elsewhere. */
  closing: AbortSignal;
}

/** Wires the routes; decides nothing. */
export function createApp({ database, blobs, token, origins, limits, log, closing }: AppParts): Hono {
  const transcripts = new TranscriptStore(database, blobs);
  const segments = new SegmentStore(database, blobs);
  const sessions = new SessionStore(database, blobs);

  const app = new Hono();
  app.onError(answerErrors(log));
  app.notFound(() => {
    throw new WireError('not_found', 'There is nothing here.');
  });
  app.use(logRequests(log), setSafeHeaders, refuseWhileClosing(closing));
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  // Before the token: a browser asks with OPTIONS and without it.
  app.use('/v1/*', allowOrigins(origins), requireToken(token));
  app.route('/v1', configRoutes(limits));
  app.route('/v1', segmentRoutes(segments, transcripts, limits));
  app.route('/v1', segmentAudioRoutes(blobs, database));
  app.route('/v1', transcriptRoutes(transcripts, limits));
  app.route('/v1', sessionRoutes(sessions, database, limits));
  return app;
}

function allowOrigins(origins: readonly string[]) {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST'],
    allowHeaders: ['authorization', 'content-type', 'range'],
    // A page reads no other header of an answer than these and the safelisted ones.
    exposeHeaders: ['retry-after', 'content-range', 'accept-ranges', 'content-length'],
    maxAge: 600,
  });
}
