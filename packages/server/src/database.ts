import { mkdir } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { OneAtATime } from './one-at-a-time.ts';

/** Something that runs SQL. The text and the answers are PostgreSQL's, whichever database is beneath. */
export interface Queryable {
  /** One statement with `$1` parameters. BIGINT differs between drivers: cast it in the SQL. JSON goes in as text. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names what it selects
  query<Row>(text: string, params?: readonly unknown[]): Promise<{ rows: Row[] }>;
}

/** A {@link Queryable} within one transaction. */
export interface Transaction extends Queryable {
  /** Many statements without parameters: a migration. */
  script(text: string): Promise<void>;
}

/** A {@link Queryable} that can do several things as one. */
export interface Scope extends Queryable {
  /** Commits when `work` settles, rolls back when it throws. Within {@link Database.exclusively} it may join its own. */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
}

/** The thin layer between our SQL and a driver: one for PGlite here, one for `pg` beside it. */
export interface Database extends Scope {
  /**
   * Runs `work` while nobody else runs work of the same key, in this process or in another on the same database. `work`
   * must ask the scope that it is given, not the database: a pool whose connections all wait for one more would stand.
   */
  exclusively<Result>(key: string, work: (scope: Scope) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
  /** `embedded`: one process, one connection. `postgres`: shared by as many as there are. */
  readonly kind: 'embedded' | 'postgres';
  /** What the operator should know of this database, for the start-up line. */
  readonly caveat: string;
}

/** PostgreSQL in this process, in a folder. It takes 2 to 4 s and 840 MB for a moment when the folder is new. */
export async function openEmbeddedDatabase(folder: string): Promise<Database> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pglite = await PGlite.create(folder);
  const turns = new OneAtATime();
  const scope: Scope = {
    query: (text, params) => pglite.query(text, params === undefined ? undefined : [...params]),
    transaction: (work) =>
      pglite.transaction((inner) =>
        work({
          query: (text, params) => inner.query(text, params === undefined ? undefined : [...params]),
          async script(text) {
            await inner.exec(text);
          },
        }),
      ),
  };
  return {
    ...scope,
    // No transaction around it: there is one connection, and it would stand still while a file is written.
    exclusively: (key, work) => turns.run(key, () => work(scope)),
    close: () => pglite.close(),
    kind: 'embedded',
    caveat:
      'embedded database: it never calls fsync, so a power cut can lose or damage rows; ' +
      'audio and its facts are fsynced as files, and "turntape-server reindex" makes the rows again. ' +
      'One process per data folder',
  };
}
