import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from './database.ts';
import { openEmbeddedDatabase } from './embedded/database.ts';
import { migrate, MigrationError } from './migrate.ts';
import { newDataFolder } from './testing/new-data-folder.ts';

let folder = '';
let database: Database;
let schemas = 0;
beforeAll(async () => {
  folder = await newDataFolder();
  database = await openEmbeddedDatabase(join(folder, 'database'));
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

// A schema of its own is a new database to each test; there is one connection, so the setting holds.
beforeEach(async () => {
  const name = `s${schemas++}`;
  await database.query(`CREATE SCHEMA ${name}`);
  await database.query(`SET search_path TO ${name}`);
});

/** The seed's own statements: what a database of its users holds. */
const SEED = `
CREATE TABLE billing_sessions (
    session_id UUID PRIMARY KEY, started_at TIMESTAMPTZ, ended_at TIMESTAMPTZ, duration_secs FLOAT8, finish_reason TEXT,
    metadata JSONB NOT NULL DEFAULT '{}', created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE TABLE session_transcripts (
    id BIGSERIAL PRIMARY KEY, session_id UUID NOT NULL REFERENCES billing_sessions(session_id) ON DELETE CASCADE,
    turn_id UUID NOT NULL, role TEXT NOT NULL CHECK (role IN ('user', 'assistant')), text TEXT NOT NULL, language TEXT,
    interrupted BOOLEAN NOT NULL DEFAULT FALSE, occurred_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX session_transcripts_session_id ON session_transcripts (session_id);
CREATE INDEX session_transcripts_occurred_at ON session_transcripts (occurred_at);
CREATE TABLE session_audio_segments (
    id BIGSERIAL PRIMARY KEY, session_id UUID NOT NULL, turn_id UUID,
    speaker TEXT NOT NULL CHECK (speaker IN ('user', 'bot')), audio_url TEXT NOT NULL, format TEXT NOT NULL DEFAULT 'wav',
    sample_rate INTEGER NOT NULL, num_channels SMALLINT NOT NULL, duration_ms FLOAT8 NOT NULL, byte_size BIGINT NOT NULL,
    interrupted BOOLEAN NOT NULL DEFAULT FALSE, started_at TIMESTAMPTZ NOT NULL, ended_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX idx_audio_segments_session_id ON session_audio_segments (session_id);
CREATE INDEX idx_audio_segments_turn_id ON session_audio_segments (turn_id);
`;
const SEED_SEGMENT = `INSERT INTO session_audio_segments
  (session_id, turn_id, speaker, audio_url, format, sample_rate, num_channels, duration_ms, byte_size, interrupted,
   started_at, ended_at)
  VALUES ($1, $2, 'bot', '/rec/a.wav', 'wav', 24000, 1, 1500.5, 72044, TRUE, now(), now())`;
const SEED_TRANSCRIPT = `INSERT INTO session_transcripts
  (session_id, turn_id, role, text, language, interrupted, occurred_at)
  VALUES ($1, $2, 'assistant', 'Hello', 'en', TRUE, now())`;

const S1 = '11111111-1111-4111-8111-111111111111';
const S2 = '22222222-2222-4222-8222-222222222222';
const TURN = '33333333-3333-4333-8333-333333333333';

async function seed(): Promise<void> {
  await database.transaction((transaction) => transaction.script(SEED));
  await database.query(
    `INSERT INTO billing_sessions (session_id, started_at, ended_at, finish_reason, metadata)
     VALUES ($1, '2026-01-01T10:00:00Z', '2026-01-01T10:01:00Z', 'end', '{"user_id":"u"}')`,
    [S1],
  );
  await database.query(SEED_TRANSCRIPT, [S1, TURN]);
  await database.query(SEED_SEGMENT, [S1, TURN]);
}

test('[SRV-17] the two seed tables have exactly the documented columns, checks and indexes', async () => {
  await database.transaction((transaction) => transaction.script(SEED));
  const before = await shape();
  await database.query('DROP TABLE session_transcripts, session_audio_segments, billing_sessions CASCADE');
  await migrate(database);
  const after = await shape();
  expect(before.columns.length).toBe(23);
  for (const what of ['columns', 'checks', 'indexes'] as const)
    expect(after[what]).toEqual(expect.arrayContaining(before[what]));
});

test('[SRV-17] a second run applies nothing and changes nothing', async () => {
  expect(await migrate(database)).toHaveLength((await readdir(new URL('../migrations/', import.meta.url))).length);
  await database.query(SEED_SEGMENT, [S1, TURN]);
  expect(await migrate(database)).toEqual([]);
  expect(await count('session_audio_segments')).toBe(1);
});

test('[SRV-17] a database that holds the bare seed tables keeps every row, joined as before', async () => {
  await seed();
  await database.query(SEED_SEGMENT, [S2, null]);
  await migrate(database);
  const { rows } = await database.query(
    `SELECT t.text, a.audio_url, a.duration_ms, a.interrupted, a.part, a.segment_id, t.turn_bound
       FROM session_transcripts t JOIN session_audio_segments a ON a.turn_id = t.turn_id WHERE t.session_id = $1`,
    [S1],
  );
  expect(rows).toEqual([
    {
      text: 'Hello',
      audio_url: '/rec/a.wav',
      duration_ms: 1500.5,
      interrupted: true,
      part: 1,
      segment_id: null,
      turn_bound: true,
    },
  ]);
  expect(
    (await database.query('SELECT session_id, duration_secs, finish_reason, metadata FROM sessions ORDER BY 1')).rows,
  ).toEqual([
    { session_id: S1, duration_secs: 60, finish_reason: 'end', metadata: { user_id: 'u' } },
    { session_id: S2, duration_secs: null, finish_reason: null, metadata: {} },
  ]);
});

test('[SRV-17] the older system can go on writing its own rows after the upgrade', async () => {
  await seed();
  await migrate(database);
  await database.query('INSERT INTO billing_sessions (session_id) VALUES ($1)', [S2]);
  await database.query(SEED_TRANSCRIPT, [S2, TURN]);
  await database.query(SEED_SEGMENT, [S2, TURN]);
  expect(await count('session_transcripts')).toBe(2);
  await expect(database.query(SEED_SEGMENT.replace(`'bot', '/rec`, `'x', '/rec`), [S2, TURN])).rejects.toMatchObject({
    code: '23514',
  });
  await expect(database.query(SEED_SEGMENT, [null, TURN])).rejects.toMatchObject({ code: '23502' });
});

test('[SRV-17] a table of our name that is not ours stops the migration and is left as it was', async () => {
  await database.query('CREATE TABLE sessions (sid TEXT PRIMARY KEY)');
  await expect(migrate(database)).rejects.toMatchObject({ code: '42P07' });
  expect((await database.query('SELECT sid FROM sessions')).rows).toEqual([]);
  expect(await count('turntape_migrations')).toBe(1);
});

test('[SRV-17] a file that changed after it was applied, or one that is not known here, is refused by name', async () => {
  const files = await mkdtemp(join(folder, 'files-'));
  const url = pathToFileURL(`${files}/`);
  await writeFile(join(files, '0001_a.sql'), 'CREATE TABLE a (x INTEGER);\n');
  await writeFile(join(files, '0002_b.sql'), 'CREATE TABLE b (x INTEGER); CREATE TABLE c (x INTEGER);\n');
  expect(await migrate(database, url)).toEqual(['0001_a.sql', '0002_b.sql']);
  await writeFile(join(files, '0001_a.sql'), 'CREATE TABLE a (x INTEGER);\r\n');
  expect(await migrate(database, url)).toEqual([]);
  await writeFile(join(files, '0001_a.sql'), 'CREATE TABLE a (x TEXT);\n');
  await expect(migrate(database, url)).rejects.toThrow(MigrationError);
  await writeFile(join(files, '0001_a.sql'), 'CREATE TABLE a (x INTEGER);\n');
  await rm(join(files, '0002_b.sql'));
  await expect(migrate(database, url)).rejects.toThrow('newer version (0002_b.sql)');
});

test('[SRV-17] a file that fails half way leaves nothing of itself', async () => {
  const files = await mkdtemp(join(folder, 'files-'));
  await writeFile(join(files, '0001_half.sql'), 'CREATE TABLE half (x INTEGER); CREATE TABLE half (x INTEGER);\n');
  await expect(migrate(database, pathToFileURL(`${files}/`))).rejects.toMatchObject({ code: '42P07' });
  expect((await database.query(`SELECT to_regclass('half') AS half`)).rows).toEqual([{ half: null }]);
});

async function count(table: string): Promise<number> {
  const { rows } = await database.query<{ n: number }>(`SELECT count(*)::integer AS n FROM ${table}`);
  return rows[0]?.n ?? -1;
}

async function texts(sql: string): Promise<string[]> {
  return (await database.query<{ text: string }>(sql)).rows.map(({ text }) => text);
}

/** Columns, CHECKs and indexes of the two tables, as text without the schema's name. */
async function shape() {
  const tables = `('session_audio_segments', 'session_transcripts')`;
  return {
    columns: await texts(`SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable,
        regexp_replace(column_default, '''.*?\\.?(\\w+)''', '\\1')) AS text
      FROM information_schema.columns WHERE table_schema = current_schema() AND table_name IN ${tables}`),
    checks: await texts(`SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS text
      FROM pg_constraint WHERE contype IN ('c', 'p') AND connamespace = current_schema()::regnamespace
        AND conrelid::regclass::text IN ${tables}`),
    indexes: await texts(`SELECT replace(indexdef, current_schema() || '.', '') AS text
      FROM pg_indexes WHERE schemaname = current_schema() AND tablename IN ${tables}`),
  };
}
