import { access, constants, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BlobStore } from './blob-store.ts';
import { takeDataLock } from './data-lock.ts';
import type { Database } from './database.ts';
import { openEmbeddedDatabase } from './embedded/database.ts';
import { openFileStore } from './file-store.ts';
import { failureFacts, type Log } from './log.ts';
import { migrate } from './migrate.ts';
import { openPostgresDatabase } from './postgres-database.ts';
import { openS3Store } from './s3-store.ts';
import type { Settings } from './settings.ts';
import { SettingsError } from './settings-error.ts';

/** The two places that everything lies in, open. */
export interface OpenStorage {
  database: Database;
  blobs: BlobStore;
  /** The data folder; undefined when nothing is in a folder. */
  folder: string | undefined;
  /** When the process began that left the folder without an orderly end, in milliseconds since 1970. */
  deadSinceMs: number | undefined;
  /** Migrations that were applied now. */
  migrated: readonly string[];
  /** Closes the database and lets go of the folder. */
  close(): Promise<void>;
}

/** Opens folder, store and database as the settings say, and brings the database up to date. */
export async function openStorage(settings: Settings, log: Log): Promise<OpenStorage> {
  const opened: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (let end = opened.pop(); end !== undefined; end = opened.pop()) await end();
  };
  try {
    const isInFolder = settings.databaseUrl === '' || (settings.storage === undefined && settings.blobs === undefined);
    const folder = isInFolder ? resolve(settings.data) : undefined;
    const lock = folder === undefined ? undefined : await takeFolder(folder);
    if (lock !== undefined) opened.push(() => lock.release());
    const blobs = settings.blobs ?? (await openBlobs(settings, folder, log));
    const database = await openDatabase(settings, folder, log);
    opened.push(() => database.close());
    lock?.verify();
    const migrated = await migrateOrExplain(database);
    if (migrated.length > 0) log('info', 'migrated', { files: migrated.join(' ') });
    return { database, blobs, folder, deadSinceMs: lock?.deadSinceMs, migrated, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function takeFolder(folder: string) {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError('--data', `cannot write to ${folder} (${reason}). Choose a folder of your own.`, cause);
  }
  return takeDataLock(folder);
}

function openBlobs({ storage }: Settings, folder: string | undefined, log: Log): Promise<BlobStore> {
  return storage === undefined ? openFiles(folder ?? '', log) : Promise.resolve(openS3Store(storage));
}

async function openFiles(folder: string, log: Log): Promise<BlobStore> {
  const files = await openFileStore(folder);
  if (files.swept > 0) log('warn', 'swept', { half_written_files: files.swept });
  return files;
}

function openDatabase(settings: Settings, folder: string | undefined, log: Log): Promise<Database> {
  const { databaseUrl: url, databaseConnections: connections } = settings;
  if (url === '') return openEmbeddedDatabase(join(folder ?? '', 'database'));
  return Promise.resolve(openPostgresDatabase({ url, connections, log }));
}

/** A PostgreSQL that is not there is the operator's to repair, and the driver's message does not say so. */
async function migrateOrExplain(database: Database): Promise<readonly string[]> {
  try {
    return await migrate(database);
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const isAway =
      database.kind === 'postgres' && typeof code === 'string' && /^(E[A-Z]+|28\w{3}|3D000|57P03)$/.test(code);
    if (!isAway) throw cause;
    throw new SettingsError('DATABASE_URL', `the database does not let us in (${failureFacts(cause)['code']})`, cause);
  }
}
