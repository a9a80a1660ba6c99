import { setMaxListeners } from 'node:events';
import type { Server } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { deriveKey, oneToken, signedTokens } from './access/access-token.ts';
import { minting } from './access/upload-token.ts';
import { AudioLinks } from './access/audio-link.ts';
import { TicketBook } from './access/ticket-book.ts';
import { createApp } from './app.ts';
import type { Database } from './database.ts';
import { JobRunner } from './jobs/job-runner.ts';
import { qualityWork } from './jobs/quality.ts';
import { sessionFileWork } from './jobs/session-file.ts';
import { transcribeWork } from './jobs/transcribe.ts';
import { WEBHOOK_DELAY_MS, webhookWork } from './jobs/webhook.ts';
import { SessionNews, withNews } from './live/session-news.ts';
import { failureFacts, logFrom, stderrLog, type Log } from './log.ts';
import { openStorage, type OpenStorage } from './open-storage.ts';
import { Metrics } from './operate/metrics.ts';
import { logReindex, reindex } from './operate/reindex.ts';
import { sweep } from './operate/sweep.ts';
import { checkSettings, DEFAULT_SETTINGS, MAX_JSON_BYTES, type Settings } from './settings.ts';
import { SettingsError } from './settings-error.ts';
import { readKeyTemplate } from './stores/key-template.ts';
import { TranscriptStore } from './stores/transcript-store.ts';
import { toWireError } from './wire/wire-error.ts';

/** Places for data and a token or secrets are needed; the rest has the defaults of {@link DEFAULT_SETTINGS}. */
export interface ServerOptions extends Partial<Settings> {
  /** Takes every event. Default: JSON lines on stderr. */
  log?: Log;
}

/** A server that takes requests. */
export interface RunningServer extends AsyncDisposable {
  /** `http://127.0.0.1:8787`, without a slash at the end. The wire is below `/v1`. */
  readonly url: string;
  readonly port: number;
  /** The database itself, for queries beside the wire. */
  readonly db: Database;
  /** What the operator should know, for the start-up line. */
  readonly caveat: string;
  /** Ends what is under way, closes the database, lets go of the folder. Every call settles when that is done. */
  close(): Promise<void>;
}

/** Requests under way at the end have this long to finish, in milliseconds. */
const DRAIN_MS = 10_000;
/** How often what is due is erased, in milliseconds. */
const SWEEP_MS = 3_600_000;
/** The first time after a start, in milliseconds: a server that is started every day must sweep, too. */
const FIRST_SWEEP_MS = 60_000;
/** After a crash, files this much older than the dead process are looked at, too, in milliseconds: rows may be lost. */
const BEFORE_CRASH_MS = 600_000;
/** An idle line is kept this long, in milliseconds: longer than balancers keep theirs (60 s), or they meet closed ones. */
const KEEP_OPEN_MS = 65_000;
/** How often Node looks for requests that take too long, in milliseconds. */
const LOOK_MS = 5000;

/**
 * Opens the data folder and its database and listens. Settles when requests are taken; a {@link SettingsError} names
 * the setting at fault, and nothing stays open then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log = logFrom('info', stderrLog), ...given } = options;
  const settings = checkSettings({ ...DEFAULT_SETTINGS, ...given });
  const storage = await openStorage(settings, log);
  const opened: (() => void | Promise<void>)[] = [() => storage.close()];
  const closeAll = async () => {
    for (let close = opened.pop(); close !== undefined; close = opened.pop()) await close();
  };
  try {
    await tryToWrite(storage, log);
    await adoptOrphans(storage, log);
    const closing = new AbortController();
    // Every listener of live events waits for it.
    setMaxListeners(0, closing.signal);
    const news = new SessionNews(storage.database, log);
    opened.push(() => news.close());
    const { app, runner, sweepNow } = wire(settings, storage, { log, news, closing: closing.signal });
    runner.start();
    opened.push(() => runner.stop());
    const server = createAdaptorServer({
      fetch: app.fetch,
      overrideGlobalObjects: false,
      serverOptions: {
        requestTimeout: settings.bodyMs,
        keepAliveTimeout: KEEP_OPEN_MS,
        connectionsCheckingInterval: Math.min(LOOK_MS, settings.bodyMs),
      },
    }) as Server;
    const port = await listen(server, settings);
    opened.push(() => drain(server, closing));
    const sweeping = setInterval(() => void sweepNow(false).catch(tell(log)), SWEEP_MS);
    const first = setTimeout(() => void sweepNow(false).catch(tell(log)), FIRST_SWEEP_MS);
    opened.push(() => {
      clearInterval(sweeping);
      clearTimeout(first);
    });
    const url = `http://${isIPv6(settings.host) ? `[${settings.host}]` : settings.host}:${port}`;
    log('info', 'listening', { url, data: storage.folder, database: storage.database.kind });

    let closed: Promise<void> | undefined;
    const close = () => (closed ??= closeAll().then(() => log('info', 'closed')));
    const access = settings.secrets.length > 0 ? '' : 'development: one token opens everything; ';
    const caveat = `${access}${storage.database.caveat}`;
    return { url, port, db: storage.database, caveat, close, [Symbol.asyncDispose]: close };
  } catch (cause) {
    await closeAll();
    throw cause;
  }
}

/** Makes the parts that serve and work, from the parts that store. */
function wire(
  settings: Settings,
  { database: plain, blobs }: OpenStorage,
  { log, news, closing }: { log: Log; news: SessionNews; closing: AbortSignal },
) {
  const database = withNews(plain, news);
  const { secrets, token, hooks, webhook, retainDays } = settings;
  const secret = secrets[0] ?? token;
  const links = new AudioLinks(deriveKey(secret, 'audio-link'));
  const metrics = new Metrics(database);
  const transcripts = new TranscriptStore(database, blobs);
  const runner = new JobRunner(database, log, {
    webhook: webhookWork(database, links, webhook),
    transcribe: transcribeWork(blobs, transcripts, hooks),
    session_file: sessionFileWork(database, blobs),
    quality: qualityWork(database, blobs, metrics),
  });
  const sweepNow = async (dryRun: boolean) => {
    const report = await sweep(database, blobs, log, { retainDays, dryRun });
    if (!dryRun) metrics.sweeps.inc();
    if (!dryRun) metrics.swept.inc(report.sessions.length);
    return report;
  };
  const app = createApp({
    ...settings,
    database,
    blobs,
    metrics,
    news,
    transcripts,
    verify: secrets.length > 0 ? signedTokens(secrets, settings.maxTokenSeconds) : oneToken(token),
    authorize: hooks.authorize,
    mint: secrets[0] === undefined ? undefined : minting(secrets[0], settings.maxTokenSeconds),
    links,
    keyOf: settings.audioKeys === '' ? undefined : readKeyTemplate(settings.audioKeys),
    tickets: new TicketBook(deriveKey(secret, 'ticket')),
    limits: { maxBytes: settings.maxBytes, maxJsonBytes: MAX_JSON_BYTES },
    follows: {
      transcribe: hooks.transcribe !== undefined,
      quality: settings.quality,
      webhookAfterMs: webhook && (webhook.delayMs ?? WEBHOOK_DELAY_MS),
    },
    sweep: sweepNow,
    wake: () => runner.wake(),
    log,
    closing,
  });
  return { app, runner, sweepNow };
}

/**
 * Writes and deletes a file: what cannot be kept is told now, and not with the first segment. A full disk is no reason not to
 * start: what is there can be listened to, and erasing makes room.
 */
async function tryToWrite({ blobs, folder }: OpenStorage, log: Log): Promise<void> {
  try {
    await blobs.probe();
  } catch (cause) {
    if (toWireError(cause).code === 'storage_full') {
      log('error', 'storage_full', failureFacts(cause));
      return;
    }
    const place = blobs.url('');
    const where = place === '' ? (folder ?? 'the store') : place;
    throw new SettingsError(
      '--storage',
      `cannot write to ${where} (${cause instanceof Error ? cause.message : String(cause)}). ` +
        'Check the address, the bucket, the credentials and the right to put and delete objects.',
      cause,
    );
  }
}

/** A process that died may have left files whose row it did not write; they were never acknowledged, and are kept. */
async function adoptOrphans({ database, blobs, deadSinceMs }: OpenStorage, log: Log): Promise<void> {
  if (deadSinceMs === undefined) return;
  logReindex(log, 'adopted', await reindex(database, blobs, { sinceMs: deadSinceMs - BEFORE_CRASH_MS }));
}

const tell = (log: Log) => (thrown: unknown) => log('error', 'sweep_failed', failureFacts(thrown));

function listen(server: Server, { port, host }: Settings): Promise<number> {
  return new Promise((settle, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => fail(listenError(cause, port, host)));
    server.listen(port, host, () => settle((server.address() as AddressInfo).port));
  });
}

function listenError(cause: NodeJS.ErrnoException, port: number, host: string): Error {
  const refuse = (setting: string, message: string) => new SettingsError(setting, message, cause);
  if (cause.code === 'EADDRINUSE')
    return refuse('--port', `port ${port} is taken. Choose another, or 0 for any that is free.`);
  if (cause.code === 'EACCES') return refuse('--port', `port ${port} needs more rights. Choose one above 1023.`);
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(cause.code ?? ''))
    return refuse('--host', `${host} is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.`);
  return cause;
}

/** No new requests; those under way finish, or are cut at the end of the time they have. */
async function drain(server: Server, closing: AbortController): Promise<void> {
  closing.abort();
  await new Promise<void>((settle) => {
    const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(late);
      settle();
    });
  });
}
