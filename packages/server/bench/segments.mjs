// How many segments a server takes, against the bare cost of what it promises on the same machine.
//   node packages/server/bench/segments.mjs [seconds]          needs `pnpm build`; PostgreSQL and Ceph where they are installed
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { performance } from 'node:perf_hooks';
import { Client } from 'pg';
import { createClient } from './client.mjs';

const SECONDS = Number(process.argv[2] ?? 8);
const TOKEN = 'a-token-for-the-bench-only';
const COMMAND = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
/** 32 KB of audio: four seconds of Opus at 64 kbit/s, one of 16-bit speech at 16 kHz. */
const AUDIO = Buffer.concat([wavHeader(32_000), randomBytes(32_000)]);
const SHA256 = createHash('sha256').update(AUDIO).digest('hex');
const { BENCH_DATABASE_URL: databaseUrl, BENCH_S3_ENDPOINT: endpoint } = process.env;

/** Of the last such line: one after another, without a server. Measured anew before each store: other work comes and goes. */
let bareRate;

process.stdout.write(
  `| store | clients | segments/s | of the bare cost | p50 ms | p99 ms |\n|---|---|---|---|---|---|\n`,
);
await bare();
const data = await mkdtemp(join(tmpdir(), 'turntape-bench-'));
await withServer({ args: ['--data', data], env: {} }, (url) => rows('embedded, files', url));
if (databaseUrl && endpoint) {
  const env = {
    DATABASE_URL: databaseUrl,
    STORAGE: 's3://recordings/bench',
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? '',
    AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? '',
  };
  await bare();
  await withServer({ args: [], env }, (url) => rows('PostgreSQL, S3', url));
  const local = await mkdtemp(join(tmpdir(), 'turntape-bench-'));
  await bare();
  await withServer({ args: ['--data', local], env: { DATABASE_URL: databaseUrl } }, (url) =>
    rows('PostgreSQL, files', url),
  );
  await rm(local, { recursive: true });
}
await rm(data, { recursive: true });

/** Write, fsync, rename, fsync of the folder, twice (audio and facts), and one INSERT with a durable commit. */
async function bare() {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-bare-'));
  const client = databaseUrl ? new Client(databaseUrl) : undefined;
  await client?.connect();
  await client?.query('CREATE TABLE IF NOT EXISTS bare (id UUID PRIMARY KEY, sha256 TEXT, facts JSONB)');
  const times = [];
  const facts = JSON.stringify(segment());
  const end = performance.now() + SECONDS * 1000;
  while (performance.now() < end) {
    const id = randomUUID();
    const from = performance.now();
    await durable(folder, id, AUDIO);
    await durable(folder, `${id}.json`, facts);
    await client?.query('INSERT INTO bare VALUES ($1, $2, $3)', [id, SHA256, facts]);
    times.push(performance.now() - from);
  }
  report(`bare: 2 files${client ? ', one INSERT' : ''}`, 1, times, SECONDS);
  await client?.query('DROP TABLE bare');
  await client?.end();
  await rm(folder, { recursive: true });
}

async function durable(folder, name, bytes) {
  const file = await open(join(folder, `${name}.part`), 'wx', 0o600);
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(join(folder, `${name}.part`), join(folder, name));
  const parent = await open(folder, 'r');
  await parent.sync();
  await parent.close();
}

async function rows(store, url) {
  await warmUp(url);
  for (const clients of [1, 8, 64]) {
    const times = [];
    const client = createClient(url, TOKEN, clients);
    const end = performance.now() + SECONDS * 1000;
    const one = async () => {
      while (performance.now() < end) {
        const from = performance.now();
        const status = await client.postSegment(segment(), AUDIO);
        times.push(performance.now() - from);
        if (status !== 201) throw new Error(`It answered ${status}.`);
      }
    };
    await Promise.all(Array.from({ length: clients }, one));
    client.close();
    report(store, clients, times, SECONDS);
  }
}

/** What the first requests of their kind cost is not what the next ones cost. */
async function warmUp(url) {
  const client = createClient(url, TOKEN);
  for (let i = 0; i < 50; i++) await client.postSegment(segment(), AUDIO);
  client.close();
}

function report(store, clients, times, seconds) {
  times.sort((a, b) => a - b);
  const at = (share) => (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1);
  const rate = times.length / seconds;
  if (store.startsWith('bare')) bareRate = rate;
  const ratio = (rate / bareRate).toFixed(2);
  process.stdout.write(`| ${store} | ${clients} | ${Math.round(rate)} | ${ratio} | ${at(0.5)} | ${at(0.99)} |\n`);
}

async function withServer({ args, env }, work) {
  const child = spawn(process.execPath, [COMMAND, '--port', '0', ...args], {
    env: { PATH: process.env.PATH, TURNTAPE_TOKEN: TOKEN, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  try {
    await work(/ (http:\S+)/.exec(line)?.[1]);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

function segment() {
  return {
    segment_id: randomUUID(),
    session_id: randomUUID(),
    turn_id: randomUUID(),
    speaker: 'user',
    format: 'wav',
    sample_rate: 16_000,
    num_channels: 1,
    duration_ms: 1000,
    byte_size: AUDIO.byteLength,
    sha256: SHA256,
    started_at: '2026-11-20T10:00:01.000Z',
    ended_at: '2026-11-20T10:00:02.000Z',
    interrupted: false,
  };
}

function wavHeader(bytes) {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + bytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(bytes, 40);
  return header;
}
