import type { Database, Queryable, Scope, Transaction } from '../database.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import { EmbeddedConnection } from './connection.ts';
import type { EmbeddedEngine } from './engine.ts';
import { ENGINE_WORKER, startEngineThread } from './engine-thread.ts';

/**
 * PostgreSQL in this process, in a folder. It takes 2 to 4 s and 840 MB for a moment when the folder is new. `worker`: the program of
 * its thread; undefined: it runs in this one.
 */
export async function openEmbeddedDatabase(folder: string, worker = ENGINE_WORKER): Promise<Database> {
  const engine = await (worker === undefined ? openHere(folder) : startEngineThread(worker, folder));
  const sessions = new OneAtATime();
  const connection = new EmbeddedConnection(engine);
  const scope: Scope = {
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names what it selects
    async query<Row>(statement: Parameters<Queryable['query']>[0], params: readonly unknown[] = []) {
      const rows =
        typeof statement === 'string'
          ? await connection.alone((held) => held.query(statement, params))
          : await connection.ask({ ...statement, values: params.map(asText) });
      return { rows: rows as Row[] };
    },
    transaction: (work) => connection.alone((held) => inTransaction(held, work)),
  };
  return {
    ...scope,
    // No transaction around it: there is one connection, and it would stand still while a file is written.
    exclusively: (key, work) => sessions.run(key, () => work(scope)),
    // It has no process of its own that would.
    vacuum: () => connection.alone((held) => held.script('VACUUM')),
    close: () => connection.alone((held) => held.close()),
    kind: 'embedded',
    caveat:
      'embedded database: it never calls fsync, so a power cut can lose or damage rows; ' +
      'audio and its facts are fsynced as files, and "turntape-server reindex" makes the rows again. ' +
      'One process per data folder',
  };
}

/** The library is large: loaded only where it runs. */
async function openHere(folder: string): Promise<EmbeddedEngine> {
  const { openEngine } = await import('./engine.ts');
  return openEngine(folder);
}

/** Commits when `work` settles. The connection is the work's own until then. */
async function inTransaction<Result>(
  engine: EmbeddedEngine,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  await engine.script('BEGIN');
  try {
    const result = await work({
      // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names what it selects
      async query<Row>(statement: Parameters<Queryable['query']>[0], params: readonly unknown[] = []) {
        return { rows: (await ask(engine, statement, params)) as Row[] };
      },
      script: (text) => engine.script(text),
    });
    await engine.script('COMMIT');
    return result;
  } catch (cause) {
    await engine.script('ROLLBACK');
    throw cause;
  }
}

async function ask(
  engine: EmbeddedEngine,
  statement: Parameters<Queryable['query']>[0],
  params: readonly unknown[],
): Promise<unknown[]> {
  if (typeof statement === 'string') return engine.query(statement, params);
  const [outcome] = await engine.group([{ ...statement, values: params.map(asText) }]);
  if (outcome === undefined || 'failure' in outcome) throw outcome?.failure;
  return outcome.rows;
}

/** The protocol's own form of a value; the statement's casts say what it is. */
function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError('A prepared statement takes text, numbers and truths.');
}
