import { escapeLiteral, Pool } from 'pg';
import type { Database, Queryable, Statement, Transaction } from './database.ts';
import { failureFacts, type Log } from './log.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { postgresChannel } from './postgres-channel.ts';

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
  const plans: Plans = { areKept: true, log };
  const query = ask(pool, plans);
  const transaction = <Result>(work: (transaction: Transaction) => Promise<Result>) =>
    inTransaction(pool, plans, 'BEGIN', work);
  return {
    query,
    transaction,
    // In turn within this process first: those who wait hold no connection.
    exclusively: (key, work) =>
      turns.run(key, () =>
        inTransaction(pool, plans, begin(`turntape/${key}`), (held) =>
          work({ query: (text, params) => held.query(text, params), transaction: (inner) => inner(held) }),
        ),
      ),
    close: () => pool.end(),
    channel: postgresChannel(url, query),
    kind: 'postgres',
    caveat: 'PostgreSQL; as durable as that server is set up to be',
  };
}

/** Commits when `work` settles; a connection on which anything failed but the work itself is thrown away. */
async function inTransaction<Result>(
  pool: Pool,
  plans: Plans,
  beginning: string,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken = false;
  // A line lost between two queries has nobody else to tell; the next query fails and tells.
  const lost = () => (broken = true);
  client.on('error', lost);
  const query = ask(client, plans);
  try {
    await client.query(beginning);
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

/** Begins a transaction that has this key to itself, in one round trip. The second statement sees what was committed before it. */
function begin(key: string): string {
  return `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended(${escapeLiteral(key)}, 0))`;
}

/** Whether connections keep the plans of statements: a pooler that hands another one to every transaction may not. */
interface Plans {
  areKept: boolean;
  readonly log: Log;
}

/** A statement that this connection has not planned, or that it has planned already for another client of the pooler. */
const NO_PLAN: ReadonlySet<unknown> = new Set(['26000', '42P05']);

function ask(client: Pick<Pool, 'query'>, plans: Plans): Queryable['query'] {
  return async (statement, params) => {
    const values = params === undefined ? [] : [...params];
    if (typeof statement === 'string' || !plans.areKept) {
      const { rows } = await client.query(typeof statement === 'string' ? statement : statement.text, values);
      return { rows };
    }
    try {
      const { rows } = await client.query(planned(statement, values));
      return { rows };
    } catch (cause) {
      if (!NO_PLAN.has((cause as { code?: unknown }).code)) throw cause;
      // What was asked with it is undone, and asked again by the client; from now on without plans.
      plans.areKept = false;
      plans.log('warn', 'plans_not_kept', failureFacts(cause));
      throw cause;
    }
  };
}

function planned({ name, text }: Statement, values: unknown[]) {
  return { name: `turntape_${name}`, text, values };
}
