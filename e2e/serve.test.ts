import { createServer } from 'node:http';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freePort } from '../scripts/ports.mjs';
import { serve, type Site, type SiteOptions } from './fixtures/serve.mjs';

/** The site that the e2e tests open: what it counts must be true, since "zero 404s" is read from it. */

let root: string;
let site: Site | undefined;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'turntape-site-'));
  await mkdir(join(root, 'public', 'inner'), { recursive: true });
  await writeFile(join(root, 'public', 'index.html'), 'the page');
  await writeFile(join(root, 'public', 'inner', 'module.js'), 'export {};');
  await writeFile(join(root, 'secret.txt'), 'not for you');
});

afterEach(async () => {
  await site?.close();
  site = undefined;
});

afterAll(() => rm(root, { recursive: true }));

async function open(options: Partial<SiteOptions> = {}): Promise<Site> {
  site = await serve({ folders: { '/': join(root, 'public') }, ...options });
  return site;
}

test('[SITE-1] it serves a folder with types and the headers asked for, and writes down every answer', async () => {
  const { url, answers } = await open({ policy: "default-src 'none'", isolated: true, headers: { 'x-own': 'yes' } });
  const page = await fetch(url);
  expect(await page.text()).toBe('the page');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; report-uri /);
  expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  expect(page.headers.get('x-own')).toBe('yes');
  await (await fetch(`${url}/inner/module.js`)).text();
  await (await fetch(`${url}/absent.wasm`)).text();
  expect(answers).toEqual([
    { path: '/', status: 200 },
    { path: '/inner/module.js', status: 200 },
    { path: '/absent.wasm', status: 404 },
  ]);
});

test('[SITE-2] nothing outside its folder can be read', async () => {
  const { url, answers } = await open();
  // By hand: fetch would tidy the path up before it is sent.
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end('GET /..%2fsecret.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  let answer = '';
  for await (const piece of socket) answer += String(piece);
  expect(answer).toContain('404');
  expect(answer).not.toContain('not for you');
  expect(answers).toEqual([{ path: '/..%2fsecret.txt', status: 404 }]);
});

test('[SITE-3] what a policy refused is collected', async () => {
  const { url, violations } = await open();
  await fetch(`${url}/csp-reports`, { method: 'POST', body: '{"csp-report":{"blocked-uri":"blob"}}' });
  expect(violations).toEqual([{ 'csp-report': { 'blocked-uri': 'blob' } }]);
});

test('[SITE-4] a backend answers on the same origin, and a dead one is a 502', async () => {
  const backend = createServer((request, response) => response.writeHead(201).end(`${request.method} ${request.url}`));
  const port = await freePort();
  await new Promise((listening) => backend.listen(port, '127.0.0.1', () => listening(undefined)));
  const { url } = await open({ proxies: { '/v1': `http://127.0.0.1:${port}` } });
  const answer = await fetch(`${url}/v1/segments?x=1`, { method: 'POST', body: 'bytes' });
  expect([answer.status, await answer.text()]).toEqual([201, 'POST /v1/segments?x=1']);
  await new Promise((closed) => {
    backend.close(() => closed(undefined));
    backend.closeAllConnections();
  });
  expect((await fetch(`${url}/v1/config`)).status).toBe(502);
});
