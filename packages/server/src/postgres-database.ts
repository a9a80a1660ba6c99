import { Pool } from 'pg';
import type { Database, Queryable, Transaction } from './database.ts';
import { failureFacts, type Log } from './log.ts';
import { OneAtATime } from './one-at-a-time.ts';

/** How a pool is opened. */
export interface PostgresOptions {
  /** `postgres://user:password@host/database`, with the driver's own parameters such as `sslmode`. */
  url: string;
  /** Most connections of this process at a time. */
  connections: number;
  log: Log;
}

/** A connection that is not there after this long is not waited for, in milliseconds: the client is told to come back. */
const CONNECT_MS = 5000;
/** No statement of ours takes this long, in milliseconds; one that does hangs on a lock or a lost line. */
const STATEMENT_MS = 30_000;

/**
 * A PostgreSQL server, shared by any number of processes. Asked for the first time when it is first used; a lost
 * connection is opened again by the next query.
 */
export function openPostgresDatabase({ url, connections, log }: PostgresOptions): Database {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS,
    application_name: 'turntape-server',
    keepAlive: true,
  });
  // An idle connection that breaks has no query to fail; unheard, the event would end the process.
  pool.on('error', (thrown) => log('warn', 'database_connection_lost', failureFacts(thrown)));
  const turns = new OneAtATime();
  const query = ask(pool);
  const transaction = <Result>(work: (transaction: Transaction) => Promise<Result>) => inTransaction(pool, work);
  return {
    query,
    transaction,
    // In turn within this process first: those who wait hold no connection.
    exclusively: (key, work) =>
      turns.run(key, () =>
        transaction(async (held) => {
          await held.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`turntape/${key}`]);
          return work({ query: (text, params) => held.query(text, params), transaction: (inner) => inner(held) });
        }),
      ),
    close: () => pool.end(),
    kind: 'postgres',
    caveat: 'PostgreSQL; as durable as that server is set up to be',
  };
}

/** Commits when `work` settles; a connection on which anything failed but the work itself is thrown away. */
async function inTransaction<Result>(pool: Pool, work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  let broken = false;
  // A line lost between two queries has nobody else to tell; the next query fails and tells.
  const lost = () => (broken = true);
  client.on('error', lost);
  const query = ask(client);
  try {
    await client.query('BEGIN');
    const result = await work({
      query,
      async script(text) {
        await client.query(text);
      },
    });
    await client.query('COMMIT');
    return result;
  } catch (cause) {
    await client.query('ROLLBACK').catch(lost);
    throw cause;
  } finally {
    client.off('error', lost);
    client.release(broken);
  }
}

function ask(client: Pick<Pool, 'query'>): Queryable['query'] {
  return async (text, params) => {
    const { rows } = await client.query(text, params === undefined ? undefined : [...params]);
    return { rows };
  };
}
