import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

/**
 * Rows straight from the embedded database, past the server's own code. Stop the server first: PGlite lets two processes
 * into one folder, and one of them loses.
 */
export async function readRows<Row>(dataFolder: string, sql: string, params: readonly unknown[] = []): Promise<Row[]> {
  const database = await PGlite.create(await databaseFolder(dataFolder));
  try {
    const { rows } = await database.query<Row>(sql, [...params]);
    return rows;
  } finally {
    await database.close();
  }
}

/** The folder inside a server's data folder that is a PostgreSQL one. */
async function databaseFolder(dataFolder: string): Promise<string> {
  const names = await readdir(dataFolder);
  const name = names.find((inner) => existsSync(join(dataFolder, inner, 'PG_VERSION')));
  if (name === undefined) throw new Error(`${dataFolder} holds no database, only: ${names.join(', ')}`);
  return join(dataFolder, name);
}
