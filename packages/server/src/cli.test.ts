import { existsSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSealer, sealFile } from '../../sdk/src/sealing/sealer.ts';
import { LOCK_FILE } from './data-lock.ts';
import {
  addressIn,
  buildCommand,
  listening,
  startUpLine,
  type BuiltCommand,
  type Command,
} from './testing/built-command.ts';
import { holdLargeUploads } from './testing/large-uploads.ts';
import { killRounds } from './testing/kill-rounds.ts';
import { findLost } from './testing/load.ts';
import { segmentFacts, sessionFacts, wavFile } from './testing/sample-facts.ts';
import { newDataFolder } from './testing/new-data-folder.ts';
import { segmentForm, TOKEN } from './testing/server-under-test.ts';

// A start of the command with its database is most of what these tests cost: one serves until it is killed, one after that.
let built: BuiltCommand;
let data = '';
let first: Command;
let line = '';
const start = () => built.start(['--data', data, '--port', '0'], { TURNTAPE_TOKEN: TOKEN });
beforeAll(async () => {
  [built, data] = await Promise.all([buildCommand(), newDataFolder()]);
  first = start();
  line = await startUpLine(first);
});
afterAll(async () => {
  await built[Symbol.asyncDispose]();
  await rm(data, { recursive: true, force: true });
});

test('[SRV-24] the command says where it listens and what the database does not promise, and serves', async () => {
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
});

test('[SRV-101] many large uploads that come slowly take little memory, and are stored whole', async () => {
  const server = { url: addressIn(line), pid: first.child.pid };
  const report = await holdLargeUploads(server, { clients: 12, bytes: 8_000_000 });
  // 96 MB lie between the first byte and the last of all of them; what a collection has not come round to is some 50.
  expect(report.statuses).toEqual({ 201: 12 });
  expect(report.grownBytes).toBeLessThan(report.heldBytes * 0.8);
});

test('[SRV-92] killed under load: every acknowledged segment is there with its hash, and nothing is half there', async () => {
  const { acknowledged } = await killRounds(() => Promise.resolve({ command: first, url: addressIn(line) }), TOKEN, 1);
  expect(existsSync(join(data, LOCK_FILE))).toBe(true);
  const last = start();
  const url = await listening(last);
  expect(await findLost(url, TOKEN, acknowledged)).toEqual([]);
  last.child.kill('SIGTERM');
  expect(await last.exit).toEqual([0, null]);
  expect(existsSync(join(data, LOCK_FILE))).toBe(false);
  for (const { stderr } of [first, last]) {
    expect(stderr()).not.toContain(TOKEN);
    for (const text of stderr().trim().split('\n')) expect(JSON.parse(text)).toHaveProperty('event');
  }
  const { stdout } = await built.run(['reindex', '--data', data, '--verify']);
  expect(JSON.parse(stdout)).toMatchObject({ added: { segments: 0 }, missing: [], damaged: [], unreadable: [] });
});

test('[SRV-82] doctor says what works here, and with code 1 what does not', async () => {
  const failed = built.run(['doctor'], {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    STORAGE: 's3://bucket',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
  });
  const failure = expect(failed).rejects.toMatchObject({
    code: 1,
    // Nor would a server start without a token.
    stdout: expect.stringMatching(/^fail {2}access {4}--token: no token is set[^]*^fail {2}database/m) as string,
  });
  const { stdout } = await built.run(['doctor', '--data', data], { TURNTAPE_TOKEN: TOKEN, PATH: '' });
  for (const line of [
    /^ok {4}folder/m,
    /^ok {4}database {2}PostgreSQL 1\d/m,
    /^ok {4}clock/m,
    /^ok {4}store/m,
    /^warn {2}access/m,
    /^warn {2}ffmpeg {4}not found/m,
  ])
    expect(stdout).toMatch(line);
  await failure;
});

test('[SRV-46] the command mints tokens that the server takes, and sweeps by its own rule', async () => {
  const environment = { TURNTAPE_SECRET: 'a-secret-of-at-least-thirty-two-characters' };
  const session = sessionFacts({
    ended_at: '2026-01-01T00:00:00Z',
    started_at: '2026-01-01T00:00:00Z',
    state: 'ended',
  });
  const id = String(session['session_id']);
  const mint = async (...args: string[]) => (await built.run(['token', ...args], environment)).stdout.trim();
  const bad = expect(built.run(['token', '--session', id, '--scope', 'root'], environment)).rejects.toMatchObject({
    code: 2,
  });
  const server = built.start(['--data', data, '--port', '0'], environment);
  const [said, writer, other] = await Promise.all([
    startUpLine(server),
    mint('--session', id),
    mint('--session', '*', '--scope', 'read'),
  ]);
  await bad;
  expect(said).not.toContain('development');
  const post = async (token: string | undefined) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const url = `${addressIn(said)}/v1/sessions`;
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(session) });
    await response.body?.cancel();
    return response.status;
  };
  expect([await post(other), await post(writer)]).toEqual([403, 201]);
  server.child.kill('SIGINT');
  expect(await server.exit).toEqual([0, null]);
  expect(server.stderr()).not.toContain(writer);
  const due = JSON.stringify([id]);
  const sweep = async (...args: string[]) => {
    const { stdout } = await built.run(['sweep', '--data', data, '--retain-days', '30', ...args], environment);
    return JSON.stringify((JSON.parse(stdout) as { sessions: string[] }).sessions);
  };
  expect(await sweep('--dry-run')).toEqual(due);
});

test.each([
  [['--port', '0'], '--data: say where the recordings go'],
  [['--data', '/dev/null/x'], '--data: cannot write to /dev/null/x'],
])('[SRV-20] with %j the command ends with code 2 and names the setting and the fix', async (args, message) => {
  const { exit, stderr } = built.start(args, { TURNTAPE_TOKEN: TOKEN });
  expect(await exit).toEqual([2, null]);
  expect(stderr()).toContain(`turntape-server: ${message}`);
});

test('[SRV-20] without a token the command ends with code 2 and says how to make one', async () => {
  const { exit, stderr } = built.start(['--data', data]);
  expect(await exit).toEqual([2, null]);
  expect(stderr()).toContain('--token: no token is set');
  expect(stderr()).toContain('randomBytes(32)');
});

test('[SRV-24] the command tells its options and its version', async () => {
  const help = await built.run(['--help']);
  for (const option of ['--data', '--port', '--host', '--token', '--origin', '--max-bytes', 'TURNTAPE_TOKEN'])
    expect(help.stdout).toContain(option);
  const version = await built.run(['--version']);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('[SEAL-5] the command makes keys and opens sealed files with them; one that does not open is told, the others open', async () => {
  const key = join(data, 'seal.jwk');
  const { stdout } = await built.run(['seal-keys', '--key', key]);
  const publicKey = stdout.trim();
  expect(publicKey).toMatch(/^[\w-]{43}$/);
  expect((await stat(key)).mode & 0o777).toBe(0o600);
  // A second call never writes over it.
  await expect(built.run(['seal-keys', '--key', key])).rejects.toMatchObject({ code: 2 });

  const sealer = await createSealer(publicKey, null);
  const wav = new Uint8Array(wavFile());
  const sealed = await sealFile(await sealer.open({ segmentId: 's', format: 'wav', sampleRate: 16_000 }), 's', wav);
  const good = join(data, 'good.ttseal');
  const bad = join(data, 'bad.ttseal');
  await writeFile(good, sealed);
  await writeFile(bad, sealed.subarray(0, 60));
  const opening = built.run(['unseal', '--key', key, '--out', data, bad, good]);
  await expect(opening).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('ends within') as string });
  expect((await readFile(join(data, 'good.open.wav'))).equals(Buffer.from(wav))).toBe(true);
});
