import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Database } from './database.ts';

/** The numbered SQL files. The same from `src/` and from `dist/`: both lie beside `migrations/`. */
const FOLDER = new URL('../migrations/', import.meta.url);

/** Any number that no other program is likely to use: one migrator at a time on a shared database. */
const ADVISORY_LOCK = 7_308_607;

/** The database does not fit this version of the server. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError' as const;
}

interface Migration {
  name: string;
  sql: string;
  sha256: string;
}

/**
 * Brings a database up to date, each file in one transaction with the row that remembers it. Safe to run at every start
 * and by several processes at once. Returns the names of the files it applied. A file that has changed since it was
 * applied, or a database written by a newer version, is a {@link MigrationError}.
 */
export async function migrate(database: Database, folder: URL = FOLDER): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  await database.transaction(async (transaction) => {
    await transaction.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    await transaction.script(
      `CREATE TABLE IF NOT EXISTS turntape_migrations (
         name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())`,
    );
  });
  const applied: string[] = [];
  for (const migration of migrations) if (await apply(database, migration)) applied.push(migration.name);
  await refuseUnknown(database, migrations);
  return applied;
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      // A checkout may have changed the line ends; the meaning is the same.
      const sql = (await readFile(new URL(name, folder), 'utf8')).replaceAll('\r\n', '\n');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

function apply(database: Database, { name, sql, sha256 }: Migration): Promise<boolean> {
  return database.transaction(async (transaction) => {
    await transaction.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    const { rows } = await transaction.query<{ sha256: string }>(
      'SELECT sha256 FROM turntape_migrations WHERE name = $1',
      [name],
    );
    if (rows[0] !== undefined && rows[0].sha256 !== sha256)
      throw new MigrationError(`migrations/${name} has changed since it was applied; add a new file instead.`);
    if (rows[0] !== undefined) return false;
    await transaction.script(sql);
    await transaction.query('INSERT INTO turntape_migrations (name, sha256) VALUES ($1, $2)', [name, sha256]);
    return true;
  });
}

async function refuseUnknown(database: Database, migrations: readonly Migration[]): Promise<void> {
  const known = new Set(migrations.map(({ name }) => name));
  const { rows } = await database.query<{ name: string }>('SELECT name FROM turntape_migrations ORDER BY name');
  const unknown = rows.find(({ name }) => !known.has(name));
  if (unknown !== undefined)
    throw new MigrationError(`The database was migrated by a newer version (${unknown.name}); update this one.`);
}
