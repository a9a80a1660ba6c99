import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database, Statement } from '../database.ts';
import { newDataFolder } from '../testing/new-data-folder.ts';
import { toWireError } from '../wire/wire-error.ts';
import { EmbeddedConnection } from './connection.ts';
import { openEmbeddedDatabase } from './database.ts';
import type { Asked, EmbeddedEngine, Outcome } from './engine.ts';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = join(PACKAGE, 'node_modules', `.thread-${process.pid}`);
/** A statement that is planned once; `fails` asks for a division by nought. */
const HALF: Statement = { name: 'half_of', text: 'SELECT 10 / $1::integer AS half, $2::text AS label' };
const KEEP: Statement = { name: 'keep', text: 'INSERT INTO kept (name) VALUES ($1::text) RETURNING name' };

const folders: string[] = [];
const open = new Map<string, Database>();
beforeAll(async () => {
  // The sources have no thread that Node could read: this one is made as the package's is.
  const bundle = await rolldown({
    cwd: PACKAGE,
    input: { 'engine.worker': 'src/embedded/engine.worker.ts' },
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('src/'),
  });
  await bundle.write({ dir: BUILT, format: 'esm' });
  await bundle.close();
  for (const [kind, worker] of [
    ['in this thread', undefined],
    ['in its own thread', pathToFileURL(join(BUILT, 'engine.worker.js'))],
  ] as const) {
    const folder = await newDataFolder();
    folders.push(folder);
    const database = await openEmbeddedDatabase(join(folder, 'database'), worker);
    await database.transaction((transaction) => transaction.script('CREATE TABLE kept (name TEXT PRIMARY KEY)'));
    open.set(kind, database);
  }
});
afterAll(async () => {
  for (const database of open.values()) await database.close();
  for (const folder of [BUILT, ...folders]) await rm(folder, { recursive: true, force: true });
});
const databaseOf = (kind: string) => {
  const database = open.get(kind);
  if (database === undefined) throw new Error('It is not open.');
  return database;
};

const KINDS = ['in this thread', 'in its own thread'];

test.each(KINDS)(
  '[SRV-132] what is asked together is answered each by itself: rows, none, and a failure: %s',
  async (kind) => {
    const database = databaseOf(kind);
    const asked = await Promise.allSettled([
      database.query(HALF, [2, 'a']),
      database.query(KEEP, ['one']),
      database.query(HALF, [0, 'b']),
      database.query(KEEP, ['two']),
      database.query(KEEP, ['one']),
      database.query(HALF, [5, null]),
    ]);
    expect(
      asked.map((one) => (one.status === 'fulfilled' ? one.value.rows : (one.reason as { code: unknown }).code)),
    ).toEqual([
      [{ half: 5, label: 'a' }],
      [{ name: 'one' }],
      '22012',
      [{ name: 'two' }],
      '23505',
      [{ half: 2, label: null }],
    ]);
    const failure = (asked[4] as PromiseRejectedResult).reason as Error;
    expect(failure).toBeInstanceOf(Error);
    expect(failure).toMatchObject({ severity: 'ERROR', constraint: 'kept_pkey' });
    const { rows } = await database.query('SELECT name FROM kept ORDER BY name');
    expect(rows).toEqual([{ name: 'one' }, { name: 'two' }]);
  },
);

test.each(KINDS)(
  '[SRV-132] a transaction has the connection to itself, is whole or not at all, and may ask what is planned: %s',
  async (kind) => {
    const database = databaseOf(kind);
    const names = async () =>
      (await database.query<{ name: string }>('SELECT name FROM kept')).rows.map(({ name }) => name);
    const seen: string[][] = [];
    const failing = database.transaction(async (transaction) => {
      await transaction.query(KEEP, ['three']);
      await transaction.query('INSERT INTO kept VALUES ($1)', ['four']);
      throw new Error('as planned');
    });
    const beside = names().then((found) => seen.push(found));
    await expect(failing).rejects.toThrow('as planned');
    await beside;
    expect(seen[0]).not.toContain('three');
    await database
      .transaction(async (transaction) => {
        expect((await transaction.query(KEEP, ['five'])).rows).toEqual([{ name: 'five' }]);
        await expect(transaction.query(KEEP, ['five'])).rejects.toMatchObject({ code: '23505' });
      })
      .catch((thrown: unknown) => thrown);
    const after = await names();
    expect(after).not.toContain('three');
    expect(after).not.toContain('four');
  },
);

test.each(KINDS)(
  '[SRV-132] a statement that could not be planned is planned when it is asked again: %s',
  async (kind) => {
    const database = databaseOf(kind);
    const late: Statement = { name: 'late', text: 'SELECT name FROM later' };
    await expect(database.query(late)).rejects.toMatchObject({ code: '42P01' });
    await database.query('CREATE TABLE later (name TEXT)');
    expect((await database.query(late)).rows).toEqual([]);
  },
);

test.each(KINDS)('[SRV-138] what was deleted makes room for what comes: %s', async (kind) => {
  const database = databaseOf(kind);
  await database.query('CREATE TABLE sized (text TEXT)');
  const grow = async () => {
    await database.query(`INSERT INTO sized SELECT repeat('x', 1000) FROM generate_series(1, 1000)`);
    const { rows } = await database.query<{ bytes: number }>(`SELECT pg_relation_size('sized')::integer AS bytes`);
    return rows[0]?.bytes;
  };
  const full = await grow();
  await database.query('DELETE FROM sized');
  await database.vacuum?.();
  expect(await grow()).toBe(full);
});

test('[SRV-132] what is asked while the database is busy is asked together, in order, and what has it alone waits its turn', async () => {
  const groups: string[][] = [];
  const steps: (() => void)[] = [];
  const engine: EmbeddedEngine = {
    async group(asked: readonly Asked[]) {
      groups.push(asked.map(({ name }) => name));
      await new Promise<void>((settle) => steps.push(settle));
      return asked.map((): Outcome => ({ rows: [] }));
    },
    query: () => Promise.resolve([]),
    script: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const connection = new EmbeddedConnection(engine);
  const ask = (name: string) => connection.ask({ name, text: '', values: [] });
  const all = [ask('a'), ask('b'), ask('c'), connection.alone(() => Promise.resolve(groups.push(['alone']))), ask('d')];
  while (steps.length > 0) {
    steps.shift()?.();
    await new Promise((settle) => setImmediate(settle));
  }
  await Promise.all(all);
  expect(groups).toEqual([['a'], ['b', 'c'], ['alone'], ['d']]);
  const many = Array.from({ length: 100 }, (_, i) => ask(String(i)));
  while (steps.length > 0) {
    steps.shift()?.();
    await new Promise((settle) => setImmediate(settle));
  }
  await Promise.all(many);
  expect(groups.slice(4).map((group) => group.length)).toEqual([1, 64, 35]);
});

test('[SRV-132] a database whose thread ends is away, for what waits and for what comes', async () => {
  const program = join(BUILT, 'ends.mjs');
  await writeFile(
    program,
    `import { parentPort } from 'node:worker_threads';
     parentPort.on('message', () => process.exit(3));
     parentPort.postMessage({ id: 0, value: undefined });`,
  );
  const database = await openEmbeddedDatabase('', pathToFileURL(program));
  const [waiting, behind] = [database.query('SELECT 1'), database.query(HALF, [1, 'a'])];
  await expect(waiting).rejects.toMatchObject({ code: '57P01' });
  await expect(behind).rejects.toMatchObject({ code: '57P01' });
  await expect(database.transaction(() => Promise.resolve())).rejects.toMatchObject({ code: '57P01' });
  expect(toWireError(await database.query('SELECT 1').catch((thrown: unknown) => thrown)).code).toBe('unavailable');
  await database.close();
});

test('[SRV-132] a thread that cannot open its database says why', async () => {
  const program = pathToFileURL(join(BUILT, 'engine.worker.js'));
  await expect(openEmbeddedDatabase('/dev/null/none', program)).rejects.toMatchObject({ code: 'ENOTDIR' });
});
