// How many segments a server takes, against the bare cost of what it promises on the same machine.
import { randomUUID } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Client } from 'pg';
import { TOKEN, withFolder, withServer } from './backends.mjs';
import { createClient } from './client.mjs';
import { randomAudio, segmentFacts } from './facts.mjs';

/** 32 KB of audio: eight seconds of Opus at 32 kbit/s, one of 16-bit speech at 16 kHz. */
const AUDIO = randomAudio(32_000);
const CLIENTS = [1, 8, 64];

/**
 * One row for each store and number of clients. The bare cost (two files written, fsynced, renamed, their folder fsynced, and one
 * durable INSERT where there is a PostgreSQL, one after another, without a server) is measured anew before each store: on a shared
 * machine other work comes and goes.
 */
export async function measureSegments(backends, seconds, report) {
  const stores = [{ store: 'embedded, files', settings: (data) => ({ args: ['--data', data], env: {} }) }];
  if (backends !== undefined) {
    const [stateless, local] = [await backends.newDatabase(), await backends.newDatabase()];
    stores.push(
      { store: 'PostgreSQL, S3', settings: () => ({ args: [], env: { DATABASE_URL: stateless, ...backends.store } }) },
      { store: 'PostgreSQL, files', settings: (data) => ({ args: ['--data', data], env: { DATABASE_URL: local } }) },
    );
  }
  const bareUrl = await backends?.newDatabase();
  for (const { store, settings } of stores) {
    const bare = await bareCost(bareUrl, seconds);
    const name = `bare: 2 files${bareUrl === undefined ? '' : ', one INSERT'}`;
    report({ store: name, clients: 1, ...bare, ratio: 1 });
    await withFolder((data) =>
      withServer(settings(data), async (url) => {
        await fill(url, 1, 50);
        for (const clients of CLIENTS) {
          const row = await fill(url, clients, Infinity, seconds);
          report({ store, clients, ...row, ratio: row.rate / bare.rate });
        }
      }),
    );
  }
}

/** Clients that each send one segment after another, each of a session of its own: the worst case, nothing is shared. */
async function fill(url, clients, most, seconds = Infinity) {
  const client = createClient(url, TOKEN, clients);
  const times = [];
  const end = performance.now() + seconds * 1000;
  const one = async () => {
    while (performance.now() < end && times.length < most) {
      const from = performance.now();
      const { status } = await client.postSegment(segmentFacts(AUDIO), AUDIO.audio);
      times.push(performance.now() - from);
      if (status !== 201) throw new Error(`It answered ${status}.`);
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  client.close();
  return figures(times, seconds);
}

async function bareCost(databaseUrl, seconds) {
  const client = databaseUrl === undefined ? undefined : new Client(databaseUrl);
  await client?.connect();
  await client?.query('CREATE TABLE IF NOT EXISTS bare (id UUID PRIMARY KEY, sha256 TEXT, facts JSONB)');
  const times = [];
  await withFolder(async (folder) => {
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      const id = randomUUID();
      const facts = JSON.stringify(segmentFacts(AUDIO));
      const from = performance.now();
      await durable(folder, id, AUDIO.audio);
      await durable(folder, `${id}.json`, facts);
      await client?.query('INSERT INTO bare VALUES ($1, $2, $3)', [id, AUDIO.sha256, facts]);
      times.push(performance.now() - from);
    }
  });
  await client?.query('DROP TABLE bare');
  await client?.end();
  return figures(times, seconds);
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

function figures(times, seconds) {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { rate: times.length / seconds, p50: at(0.5), p99: at(0.99) };
}
