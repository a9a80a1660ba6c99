// Where the servers under measure keep what they are given: folders, and a real PostgreSQL with a real object store.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const COMMAND = join(PACKAGE, 'dist', 'cli.js');
/** What the clients send. Development's one token: nothing is limited by it. */
export const TOKEN = 'a-token-for-the-bench-only';

/**
 * A PostgreSQL (fsync on) and a Ceph radosgw of our own, those that the tests use; or the ones that BENCH_DATABASE_URL and
 * BENCH_S3_ENDPOINT (with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and BENCH_BUCKET) name. Undefined, with the reason said, where
 * there is none.
 */
export async function openBackends(say) {
  const {
    BENCH_DATABASE_URL: databaseUrl,
    BENCH_S3_ENDPOINT: endpoint,
    BENCH_BUCKET: bucket = 'recordings',
  } = process.env;
  if (databaseUrl && endpoint) {
    const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
    const store = {
      STORAGE: `s3://${bucket}/bench`,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY,
    };
    return { newDatabase: async () => databaseUrl, store, close: async () => undefined };
  }
  const built = await mkdtemp(join(PACKAGE, 'node_modules', '.bench-'));
  const postgresModule = await load(built, 'postgres');
  const opened = [() => rm(built, { recursive: true, force: true })];
  const close = async () => {
    for (let end = opened.pop(); end !== undefined; end = opened.pop()) await end();
  };
  try {
    const postgres = await postgresModule.startPostgres({ durable: true });
    opened.push(() => postgres[Symbol.asyncDispose]());
    const ceph = await (await load(built, 'ceph')).startCeph({ monitor: 13_320, old: 16_809, s3: 7499 });
    opened.push(() => ceph[Symbol.asyncDispose]());
    const { storage } = ceph;
    const store = {
      STORAGE: `s3://${storage.bucket}/${storage.prefix}`,
      AWS_ENDPOINT_URL_S3: storage.endpoint,
      AWS_ACCESS_KEY_ID: storage.accessKeyId,
      AWS_SECRET_ACCESS_KEY: storage.secretAccessKey,
    };
    return { newDatabase: () => postgres.newDatabase(), store, close };
  } catch (cause) {
    await close();
    say(`No PostgreSQL with an object store here (${cause instanceof Error ? cause.message : String(cause)}).`);
    say('Debian, as root: apt-get install --no-install-recommends postgresql ceph-mon ceph-osd ceph-common radosgw');
    return undefined;
  }
}

/** A module of `src/testing`, which is TypeScript. */
async function load(folder, name) {
  const file = join(folder, `${name}.mjs`);
  const bundle = await rolldown({
    cwd: PACKAGE,
    input: `src/testing/${name}.ts`,
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  });
  await bundle.write({ file, format: 'esm' });
  await bundle.close();
  return import(pathToFileURL(file).href);
}

/** The published command with these settings, while `work` goes on; ended in order after it. */
export async function withServer({ args, env }, work) {
  const child = spawn(
    process.execPath,
    [COMMAND, '--port', '0', '--log-level', 'warn', '--requests', '1000000', ...args],
    {
      env: { PATH: process.env.PATH, TURNTAPE_TOKEN: TOKEN, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const first = await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit')]);
  const url = / (http:\S+)/.exec(String(first[0]))?.[1];
  if (url === undefined) throw new Error('The server did not start. Is it built?');
  try {
    return await work(url, child.pid);
  } finally {
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
    process.off('exit', endWithUs);
  }
}

/** `work` with a folder that is gone after it. */
export async function withFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
