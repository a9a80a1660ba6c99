import { runnerImport } from 'vite';

/** Of a file: a second of 16 kHz WAV, 32 kB. */
const DURATION_MS = 1000;
const BACKLOG = 1000;
/** What the server is asked for its own limit. */
const LIMIT_POSTS = 600;

/**
 * How fast a page empties a backlog, as a ratio to what the same server takes from clients that do nothing else: eight of
 * Node's `fetch` at once, and one after the other. Same files, same machine, one run after the other.
 *
 * @returns {Promise<{ name: string, value: number, unit: string, note?: string }[]>}
 */
export async function outboxDrainBench() {
  /** @type {typeof import('../support/start-server.ts')} */
  const { startServer } = await load('start-server.ts');
  const server = await startServer();
  try {
    const [eight, one] = [await serverLimit(server, 8), await serverLimit(server, 1)];
    const many = await drain(server, { sessions: 20, segments: BACKLOG / 20 });
    const few = await drain(server, { sessions: 20, segments: BACKLOG / 200 });
    const single = await drain(server, { sessions: 1, segments: 300 });
    return [
      { name: 'server, 8 clients', value: eight, unit: 'segments/s', note: '32 kB each' },
      { name: 'server, 1 client', value: one, unit: 'segments/s' },
      { name: 'page, 1,000 of 20 sessions', value: many, unit: 'segments/s', note: 'two sessions at a time' },
      { name: 'page, 1,000 of 20 sessions, to the server of 8', value: many / eight, unit: '×' },
      { name: 'page, 1,000 of 20 sessions, to the server of 1', value: many / one, unit: '×' },
      { name: 'page, 300 of 1 session, to the server of 1', value: single / one, unit: '×', note: 'one at a time' },
      { name: 'cost of an item, backlog of 1,000 to one of 100', value: few / many, unit: '×', note: '1: flat' },
    ];
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

/**
 * Segments a second that the server takes from so many clients at once.
 *
 * @param {import('../support/start-server.ts').TestServer} server
 * @param {number} clients
 */
async function serverLimit({ url, token }, clients) {
  /** @type {typeof import('../../packages/sdk/src/testing/conformance-kit.ts')} */
  const { sampleWav } = await load('../../packages/sdk/src/testing/conformance-kit.ts');
  const samples = await Promise.all(Array.from({ length: LIMIT_POSTS }, () => sampleWav({ durationMs: DURATION_MS })));
  const beganAt = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let sample = samples.pop(); sample; sample = samples.pop()) {
        const form = new FormData();
        form.set('segment', new Blob([JSON.stringify(sample.segment)], { type: 'application/json' }));
        form.set('audio', sample.audio, 'audio.wav');
        const headers = { authorization: `Bearer ${token}` };
        const answer = await fetch(`${url}/v1/segments`, { method: 'POST', headers, body: form });
        if (answer.status !== 201) throw new Error(`The server answered ${answer.status}.`);
        await answer.json();
      }
    }),
  );
  return LIMIT_POSTS / ((performance.now() - beganAt) / 1000);
}

/**
 * Segments a second that a page delivers of a backlog, from the recorder's start to its empty outbox.
 *
 * @param {import('../support/start-server.ts').TestServer} server
 * @param {{ sessions: number, segments: number }} backlog
 */
async function drain(server, { sessions, segments }) {
  /** @type {typeof import('../support/launch-browser.ts')} */
  const { launchBrowser } = await load('launch-browser.ts');
  /** @type {typeof import('../support/open-site.ts')} */
  const { openSite } = await load('open-site.ts');
  /** @type {typeof import('../support/open-recorder-page.ts')} */
  const { openRecorderPage } = await load('open-recorder-page.ts');
  /** @type {typeof import('../support/fill-outbox.ts')} */
  const { fillOutbox } = await load('fill-outbox.ts');
  const site = await openSite({ server: server.url });
  const context = await launchBrowser({ microphone: 'absent' });
  const { page } = await openRecorderPage(context, site);
  await page.evaluate(async () => {
    const recorder = await window.turntape.createRecorder({ vad: { model: 'energy' } });
    await recorder.dispose();
  });
  const filled = await fillOutbox(page, { sessions, segments, durationMs: DURATION_MS });
  const ms = await page.evaluate(deliver, server.token);
  await context.close();
  await site.close();
  return filled.length / (ms / 1000);
}

/**
 * Runs in the page: the milliseconds that it took to send everything.
 *
 * @param {string} token
 */
async function deliver(token) {
  const { createRecorder, httpTarget } = window.turntape;
  const target = httpTarget('/v1', { headers: () => ({ authorization: `Bearer ${token}` }) });
  const recorder = await createRecorder({ vad: { model: 'energy' }, target });
  const beganAt = performance.now();
  await new Promise((resolve) => {
    recorder.on('outbox', ({ pending }) => pending === 0 && resolve(undefined));
  });
  const ms = performance.now() - beganAt;
  await recorder.dispose();
  return ms;
}

/**
 * A module of the test support. It is TypeScript, which this Node does not run by itself.
 *
 * @param {string} name
 */
async function load(name) {
  const { module } = await runnerImport(new URL(`../support/${name}`, import.meta.url).pathname);
  return module;
}
