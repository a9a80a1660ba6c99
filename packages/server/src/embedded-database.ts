import { mkdir } from 'node:fs/promises';
import { PGlite, protocol, types, type messages } from '@electric-sql/pglite';
import type { Database, Queryable, Scope, Statement } from './database.ts';
import { OneAtATime } from './one-at-a-time.ts';

/** PostgreSQL in this process, in a folder. It takes 2 to 4 s and 840 MB for a moment when the folder is new. */
export async function openEmbeddedDatabase(folder: string): Promise<Database> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pglite = await PGlite.create(folder);
  const sessions = new OneAtATime();
  // There is one connection, and the library guards it for its own calls alone: everything of ours waits here.
  const connection = new OneAtATime();
  const ask = queries(pglite);
  const scope: Scope = {
    query: (statement, params) => connection.run('', () => ask(statement, params)),
    transaction: (work) =>
      connection.run('', () =>
        pglite.transaction((inner) =>
          work({
            query: (statement, params) =>
              typeof statement === 'string'
                ? inner.query(statement, params === undefined ? undefined : [...params])
                : ask(statement, params),
            async script(text) {
              await inner.exec(text);
            },
          }),
        ),
      ),
  };
  return {
    ...scope,
    // No transaction around it: there is one connection, and it would stand still while a file is written.
    exclusively: (key, work) => sessions.run(key, () => work(scope)),
    close: () => connection.run('', () => pglite.close()),
    kind: 'embedded',
    caveat:
      'embedded database: it never calls fsync, so a power cut can lose or damage rows; ' +
      'audio and its facts are fsynced as files, and "turntape-server reindex" makes the rows again. ' +
      'One process per data folder',
  };
}

/**
 * The library plans every query anew. A {@link Statement} is planned when it is first asked and then only bound and run, in one
 * call: measured, 0.5 ms of processor time in the place of 2.3 for what is asked before a segment is stored.
 */
function queries(pglite: PGlite): Queryable['query'] {
  const planned = new Set<string>();
  return async <Row>(statement: string | Statement, params: readonly unknown[] = []) => {
    if (typeof statement === 'string') return pglite.query<Row>(statement, [...params]);
    const { name, text } = statement;
    const { serialize } = protocol;
    const isNew = !planned.has(name);
    const asked = [
      ...(isNew ? [serialize.parse({ name, text })] : []),
      serialize.bind({ statement: name, values: params.map(asText) }),
      serialize.describe({ type: 'P' }),
      serialize.execute({}),
      serialize.sync(),
    ];
    const { messages: answers } = await pglite.execProtocol(Buffer.concat(asked), { throwOnError: true });
    planned.add(name);
    return { rows: readRows<Row>(answers) };
  };
}

/** The protocol's own form of a value; the statement's casts say what it is. */
function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError('A prepared statement takes text, numbers and truths.');
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names what it selects
function readRows<Row>(answers: readonly { name: string }[]): Row[] {
  const columns = answers.find((answer): answer is messages.RowDescriptionMessage => answer.name === 'rowDescription');
  return answers
    .filter((answer): answer is messages.DataRowMessage => answer.name === 'dataRow')
    .map(({ fields }) => {
      const row = columns?.fields.map(({ name, dataTypeID }, i) => [
        name,
        types.parseType(fields[i] ?? null, dataTypeID) as unknown,
      ]);
      return Object.fromEntries(row ?? []) as Row;
    });
}
