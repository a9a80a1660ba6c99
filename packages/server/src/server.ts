import type { Server } from 'node:http';
import { mkdir, access, constants } from 'node:fs/promises';
import { isIPv6, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { createApp } from './app.ts';
import { takeDataLock } from './data-lock.ts';
import { openEmbeddedDatabase, type Database } from './database.ts';
import { openFileStore } from './file-store.ts';
import { stderrLog, type Log } from './log.ts';
import { migrate } from './migrate.ts';
import { checkSettings, DEFAULT_SETTINGS, MAX_JSON_BYTES, type Settings } from './settings.ts';
import { SettingsError } from './settings-error.ts';

/** `data` and `token` are needed; the rest has the defaults of {@link DEFAULT_SETTINGS}. */
export interface ServerOptions extends Pick<Settings, 'data' | 'token'>, Partial<Omit<Settings, 'data' | 'token'>> {
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
  /** Ends what is under way, closes the database, lets go of the folder. Every call settles when that is done. */
  close(): Promise<void>;
}

/** Requests under way at the end have this long to finish, in milliseconds. */
const DRAIN_MS = 10_000;

/**
 * Opens the data folder and its database and listens. Settles when requests are taken; a {@link SettingsError} names
 * the setting at fault, and nothing stays open then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log = stderrLog, ...given } = options;
  const settings = checkSettings({ ...DEFAULT_SETTINGS, ...given });
  const folder = resolve(settings.data);
  const opened: (() => void | Promise<void>)[] = [];
  const closeAll = async () => {
    for (let close = opened.pop(); close !== undefined; close = opened.pop()) await close();
  };
  try {
    await makeDataFolder(folder);
    const lock = takeDataLock(folder);
    opened.push(() => lock.release());
    const blobs = await openFileStore(folder);
    if (blobs.swept > 0) log('warn', 'swept', { half_written_files: blobs.swept });
    const database = await openEmbeddedDatabase(join(folder, 'database'));
    opened.push(() => database.close());
    lock.verify();
    const migrated = await migrate(database);
    if (migrated.length > 0) log('info', 'migrated', { files: migrated.join(' ') });

    const closing = new AbortController();
    const limits = { maxBytes: settings.maxBytes, maxJsonBytes: MAX_JSON_BYTES };
    const app = createApp({ ...settings, database, blobs, limits, log, closing: closing.signal });
    const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
    const port = await listen(server, settings);
    opened.push(() => drain(server, closing));
    const url = `http://${isIPv6(settings.host) ? `[${settings.host}]` : settings.host}:${port}`;
    log('info', 'listening', { url, data: folder });

    let closed: Promise<void> | undefined;
    const close = () => (closed ??= closeAll().then(() => log('info', 'closed')));
    return { url, port, db: database, close, [Symbol.asyncDispose]: close };
  } catch (cause) {
    await closeAll();
    throw cause;
  }
}

async function makeDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError('--data', `cannot write to ${folder} (${reason}). Choose a folder of your own.`, cause);
  }
}

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
