import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/ports.mjs';
import { ROOT } from '../../scripts/run.mjs';

/** The demo as `pnpm start` starts it: page, server and the switch between them. */
export interface RunningDemo {
  /** With a slash at the end. */
  url: string;
  /** Where the server keeps files and rows. */
  dataFolder: string;
  stop(): Promise<void>;
}

/** Starts `scripts/start.mjs` on a free port with a data folder of its own. Settles when it says that it is ready. */
export async function startDemo(): Promise<RunningDemo> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'turntape-demo-'));
  const port = await freePort();
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'start.mjs')], {
    env: { ...process.env, PORT: `${port}`, BROWSER: 'none', TURNTAPE_DEMO_DATA: dataFolder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (piece: Buffer) => {
      lines.push(piece.toString());
      if (lines.join('').includes('Turntape is ready')) resolve();
    });
    child.stderr.on('data', (piece: Buffer) => lines.push(piece.toString()));
    child.once('exit', (code) => reject(new Error(`The demo ended with code ${code}:\n${lines.join('')}`)));
  });
  const endWithUs = (): boolean => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  await ready;
  return {
    url: `http://localhost:${port}/`,
    dataFolder,
    async stop() {
      process.off('exit', endWithUs);
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
