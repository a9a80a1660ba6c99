import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../scripts/ports.mjs';

/** The built command, as `turntape-server` runs it. */
const COMMAND = fileURLToPath(new URL('cli.js', import.meta.resolve('@turntape/server')));
/** The embedded database needs some seconds for its first start. In milliseconds; not a promise, only an end to waiting. */
const ANSWER_WITHIN_MS = 180_000;

/** A reference server in a process of its own. */
export interface TestServer {
  /** Without a slash at the end; the API is under `/v1`. */
  url: string;
  token: string;
  dataFolder: string;
  /** Ends it in order. The data folder stays, to be read. Idempotent. */
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would: SIGKILL. */
  kill(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the real server on a free port. With a data folder it continues there; else in a new one, gone at disposal. */
export async function startServer(options: { dataFolder?: string; port?: number } = {}): Promise<TestServer> {
  const dataFolder = options.dataFolder ?? (await newDataFolder());
  const port = options.port ?? (await freePort());
  return runServer(dataFolder, port, options.dataFolder === undefined);
}

/** A data folder as the server's first start leaves it: that start takes most of a test's wait for it, so it is made once. */
let firstStart: Promise<string> | undefined;

async function newDataFolder(): Promise<string> {
  firstStart ??= startFirst();
  const folder = await mkdtemp(join(tmpdir(), 'turntape-data-'));
  await cp(await firstStart, folder, { recursive: true });
  return folder;
}

async function startFirst(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-first-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const server = await runServer(folder, await freePort(), false);
  await server.stop();
  return folder;
}

async function runServer(dataFolder: string, port: number, isOwn: boolean): Promise<TestServer> {
  const url = `http://127.0.0.1:${port}`;
  const token = 'a-token-for-the-tests-only';
  const args = [COMMAND, '--data', dataFolder, '--port', `${port}`, '--token', token];
  const env = { ...process.env, TURNTAPE_SECRET: '', DATABASE_URL: '', STORAGE: '' };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  // A test that ran out of time disposes of nothing: the server goes with the process that started it.
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));
  const lines: string[] = [];
  child.stdout.on('data', (piece: Buffer) => lines.push(piece.toString()));
  child.stderr.on('data', (piece: Buffer) => lines.push(piece.toString()));
  await answers(url, child, lines);
  const stop = () => endChild(child, 'SIGTERM');
  return {
    url,
    token,
    dataFolder,
    stop,
    kill: () => endChild(child, 'SIGKILL'),
    async [Symbol.asyncDispose]() {
      await stop();
      if (isOwn) await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string, child: ChildProcess, lines: string[]): Promise<void> {
  const deadline = Date.now() + ANSWER_WITHIN_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`${url}/v1/config`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return;
    await delay(50);
  }
  await endChild(child, 'SIGKILL');
  throw new Error(`The server did not start. It said:\n${lines.join('')}`);
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}
