import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSealer, sealFile } from '../../sdk/src/sealing/sealer.ts';
import { LOCK_FILE } from './data-lock.ts';
import { segmentFacts, wavFile } from './testing/sample-facts.ts';
import { segmentForm, TOKEN } from './testing/server-under-test.ts';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
let built = '';
let data = '';
const children: ChildProcess[] = [];

// Built here, never taken from dist/, which may be old; inside node_modules, where its imports are found.
beforeAll(async () => {
  built = await mkdtemp(join(PACKAGE, 'node_modules', '.command-'));
  data = await mkdtemp(join(tmpdir(), 'turntape-command-'));
  await run(process.execPath, [join(PACKAGE, 'build.mjs'), join(built, 'dist')]);
  await cp(join(PACKAGE, 'migrations'), join(built, 'migrations'), { recursive: true });
  await cp(join(PACKAGE, 'package.json'), join(built, 'package.json'));
}, 60_000);
afterAll(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await rm(built, { recursive: true, force: true });
  await rm(data, { recursive: true, force: true });
});

interface Command {
  child: ChildProcess;
  /** Everything on stderr so far. */
  stderr: () => string;
  exit: Promise<unknown[]>;
}

function command(args: readonly string[], environment: Record<string, string> = {}): Command {
  const { TURNTAPE_TOKEN: _, DATABASE_URL: __, STORAGE: ___, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(built, 'dist', 'cli.js'), ...args], {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  child.stderr.on('data', (piece: Buffer) => (text += piece.toString()));
  return { child, stderr: () => text, exit: once(child, 'close') };
}

async function startUpLine({ child, exit, stderr }: Command): Promise<string> {
  if (child.stdout === null) throw new Error('The command has no stdout.');
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const first = await Promise.race([line, exit]);
  if (typeof first[0] !== 'string') throw new Error(`The command ended:\n${stderr()}`);
  return first[0];
}

test('[SRV-24] the command says where it listens and what the database does not promise, serves, and ends in order', async () => {
  const server = command(['--data', data, '--port', '0'], { TURNTAPE_TOKEN: TOKEN });
  const line = await startUpLine(server);
  const url =
    /^turntape-server listening on (http:\/\/127\.0\.0\.1:\d+) \(development: one token opens everything; embedded database: it never calls fsync/.exec(
      line,
    )?.[1];
  expect(url, line).toBeDefined();
  const audio = wavFile();
  const response = await fetch(`${url}/v1/segments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: segmentForm(segmentFacts(audio), audio),
  });
  expect(response.status).toBe(201);
  await response.body?.cancel();
  server.child.kill('SIGTERM');
  expect(await server.exit).toEqual([0, null]);
  expect(existsSync(join(data, LOCK_FILE))).toBe(false);
  expect(server.stderr()).not.toContain(TOKEN);
  for (const text of server.stderr().trim().split('\n')) expect(JSON.parse(text)).toHaveProperty('event');
}, 60_000);

test('[SRV-18] after SIGKILL the next start takes the folder over and has what was acknowledged', async () => {
  const first = command(['--data', data, '--port', '0', '--token', TOKEN]);
  const url = / (http:\S+)/.exec(await startUpLine(first))?.[1] ?? '';
  const audio = wavFile();
  const facts = segmentFacts(audio);
  const post = (to: string) =>
    fetch(`${to}/v1/segments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: segmentForm(facts, audio),
    });
  expect((await post(url)).status).toBe(201);
  first.child.kill('SIGKILL');
  await first.exit;
  expect(existsSync(join(data, LOCK_FILE))).toBe(true);
  const second = command(['--data', data, '--port', '0', '--token', TOKEN]);
  const again = / (http:\S+)/.exec(await startUpLine(second))?.[1] ?? '';
  expect((await post(again)).status).toBe(200);
  second.child.kill('SIGINT');
  expect(await second.exit).toEqual([0, null]);
}, 60_000);

test.each([
  [['--port', '0'], '--data: say where the recordings go'],
  [['--data', 'D', '--port', 'x'], '--port: "x" is not a whole number'],
  [['--data', 'D', '--what'], '--what: Unknown option'],
  [['--data', '/dev/null/x'], '--data: cannot write to /dev/null/x'],
])('[SRV-20] with %j the command ends with code 2 and names the setting and the fix', async (args, message) => {
  const { exit, stderr } = command(args, { TURNTAPE_TOKEN: TOKEN });
  expect(await exit).toEqual([2, null]);
  expect(stderr()).toContain(`turntape-server: ${message}`);
});

test('[SRV-20] without a token the command ends with code 2 and says how to make one', async () => {
  const { exit, stderr } = command(['--data', data]);
  expect(await exit).toEqual([2, null]);
  expect(stderr()).toContain('--token: no token is set');
  expect(stderr()).toContain('randomBytes(32)');
});

test('[SRV-24] the command tells its options and its version', async () => {
  const help = await run(process.execPath, [join(built, 'dist', 'cli.js'), '--help']);
  for (const option of ['--data', '--port', '--host', '--token', '--origin', '--max-bytes', 'TURNTAPE_TOKEN'])
    expect(help.stdout).toContain(option);
  const version = await run(process.execPath, [join(built, 'dist', 'cli.js'), '--version']);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('[SEAL-5] the command makes keys and opens sealed files with them; one that does not open is told, the others open', async () => {
  const cli = join(built, 'dist', 'cli.js');
  const key = join(data, 'seal.jwk');
  const { stdout } = await run(process.execPath, [cli, 'seal-keys', '--key', key]);
  const publicKey = stdout.trim();
  expect(publicKey).toMatch(/^[\w-]{43}$/);
  expect((await stat(key)).mode & 0o777).toBe(0o600);
  // A second call never writes over it.
  await expect(run(process.execPath, [cli, 'seal-keys', '--key', key])).rejects.toMatchObject({ code: 2 });

  const sealer = await createSealer(publicKey, null);
  const wav = new Uint8Array(wavFile());
  const sealed = await sealFile(await sealer.open({ segmentId: 's', format: 'wav', sampleRate: 16_000 }), 's', wav);
  const good = join(data, 'good.ttseal');
  const bad = join(data, 'bad.ttseal');
  await writeFile(good, sealed);
  await writeFile(bad, sealed.subarray(0, 60));
  const opening = run(process.execPath, [cli, 'unseal', '--key', key, '--out', data, bad, good]);
  await expect(opening).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('ends within') as string });
  expect((await readFile(join(data, 'good.open.wav'))).equals(Buffer.from(wav))).toBe(true);
});
