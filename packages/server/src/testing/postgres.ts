import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from '../../../../scripts/ports.mjs';
import { newTestFolder } from './test-folder.ts';

const run = promisify(execFile);
/** Where Debian keeps the programs of a cluster; other systems have them on the path. */
const DEBIAN = '/usr/lib/postgresql';

/** A PostgreSQL server of its own, in a temporary folder. */
export interface PostgresUnderTest extends AsyncDisposable {
  /** The address of a new, empty database. */
  newDatabase(): Promise<string>;
  /** Ends it as a crash would, keeping its data. */
  stop(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
}

/** Why there is no PostgreSQL here; undefined when there is one. */
export async function postgresMissing(): Promise<string | undefined> {
  return (await programs()) === undefined
    ? 'PostgreSQL is not installed (Debian: apt-get install postgresql)'
    : undefined;
}

/** Makes a cluster and starts it. `durable`: with fsync, as it is set up by default; else fast. */
export async function startPostgres({ durable = false } = {}): Promise<PostgresUnderTest> {
  const bin = await programs();
  if (bin === undefined) throw new Error(await postgresMissing());
  const folder = durable ? await mkdtemp(join(tmpdir(), 'turntape-postgres-')) : await newTestFolder('postgres');
  const user = await unprivilegedUser();
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
  const data = join(folder, 'data');
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'turntape', '-A', 'trust', '--no-sync', '-E', 'UTF8'], {
    ...user,
    cwd: folder,
  });
  const port = await freePort();
  const url = (name: string) => `postgres://turntape@127.0.0.1:${port}/${name}`;
  let child: ChildProcess | undefined;
  let databases = 0;
  const server: PostgresUnderTest = {
    async newDatabase() {
      const name = `t${++databases}`;
      await withClient(url('postgres'), (client) => client.query(`CREATE DATABASE ${name}`));
      return url(name);
    },
    async stop() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      // SIGQUIT: at once, without telling anybody; the next start recovers as after a crash.
      child.kill('SIGQUIT');
      await exit;
    },
    async start() {
      const settings = ['port', 'unix_socket_directories', 'fsync', 'max_connections'];
      const values = [String(port), folder, durable ? 'on' : 'off', '200'];
      const args = settings.flatMap((name, i) => ['-c', `${name}=${values[i]}`]);
      child = spawn(join(bin, 'postgres'), ['-D', data, '-h', '127.0.0.1', ...args], {
        ...user,
        cwd: folder,
        stdio: 'ignore',
      });
      const endWithUs = () => child?.kill('SIGQUIT');
      process.once('exit', endWithUs);
      child.once('exit', () => process.off('exit', endWithUs));
      await answers(url('postgres'), child);
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** Runs work on a connection of its own. */
export async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Waits until it takes connections, or has ended: after a crash that is as long as it takes to recover. */
async function answers(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    try {
      await withClient(url, (client) => client.query('SELECT 1'));
      return;
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown;
      await new Promise((settle) => setTimeout(settle, 50));
    }
  }
  throw new Error('PostgreSQL did not start.');
}

async function programs(): Promise<string | undefined> {
  const versions = existsSync(DEBIAN) ? await readdir(DEBIAN) : [];
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(DEBIAN, version, 'bin'));
  folders.push(...(process.env['PATH'] ?? '').split(':'));
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** PostgreSQL refuses to run as root; Debian's package made a user for it. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}

async function idOf(flag: string): Promise<number> {
  return Number((await run('id', [flag, 'postgres'])).stdout);
}
