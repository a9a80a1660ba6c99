import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import type { Recorder } from 'turntape';
import { Inspector } from './support/inspector.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { noiseMicrophone } from './support/noise-microphone.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

/** What `pages/chaos.js` saw. */
interface ChaosResult {
  /** Calls whose promise had not settled after five seconds. */
  stuck: string[];
  /** Rejections that nobody took, on the page. */
  unhandled: string[];
  /** Rejections that are no TurntapeError. */
  untyped: string[];
  /** What the engine said of rejections that nobody took there. */
  engineFailures: string[];
  done: number;
  slowest: string;
}

declare global {
  interface Window {
    recorder: Recorder;
    cycle: () => Promise<void>;
    chaos: (options: { seed: number; steps: number; forMs?: number }) => Promise<ChaosResult>;
  }
}

const MEGABYTE = 1_000_000;

for (const [sessions, tag] of [
  [15, ''],
  [50, ' @long'],
] as const)
  test(`[LIFE-3] ${sessions} sessions, one after the other, leave no heap, no context, no node, no track and no worker behind${tag}`, () =>
    liveAndDie(sessions));

async function liveAndDie(sessions: number): Promise<void> {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const inspector = await Inspector.open(page);

  await page.evaluate(async () => {
    window.recorder = await window.turntape.createRecorder({ consent: 'granted', vad: { model: 'energy' } });
    const tone = Float32Array.from({ length: 2400 }, (_, at) => Math.sin(at / 10) / 3);
    window.cycle = async () => {
      const session = await window.recorder.startSession();
      session.user.startTurn();
      const utterance = session.bot.begin();
      utterance.write(tone, { sampleRate: 24_000 });
      utterance.end();
      await utterance.done;
      await session.mute();
      await session.stop();
      // Nobody wants it any more: what stays then is ours.
      await window.recorder.erase({ sessionId: session.sessionId });
    };
  });
  const cycles = (count: number): Promise<void> =>
    page.evaluate(async (count) => {
      for (let each = 0; each < count; each += 1) await window.cycle();
    }, count);

  await cycles(10);
  const warm = await inspector.counts();
  await cycles(sessions);
  const after = await inspector.counts();
  await page.evaluate(() => window.recorder.dispose());
  const gone = await inspector.counts();
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  const grown = `page ${after.pageHeap - warm.pageHeap}, engine ${after.workerHeap - warm.workerHeap}`;
  test.info().annotations.push({ type: 'bytes', description: grown });
  expect(after.pageHeap - warm.pageHeap, 'bytes of the page').toBeLessThan(MEGABYTE);
  expect(after.workerHeap - warm.workerHeap, 'bytes of the engine').toBeLessThan(MEGABYTE);
  const nothing = { audioHandlers: 0, audioProcessors: 0, contexts: 0, nodes: 0, liveTracks: 0 };
  expect(after).toMatchObject({ ...nothing, workers: 1 });
  expect(gone).toMatchObject({ ...nothing, workers: 0, workerHeap: 0 });
}

test('[LIFE-4] `await using` ends a session and a recorder, and everything of theirs with them', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const inspector = await Inspector.open(page);

  // As text: whoever compiles this test must not compile `await using` away.
  const result = await page.evaluate<{ states: string[]; ended: string[] }>(`(async () => {
    const { createRecorder } = window.turntape;
    const options = { consent: 'granted', vad: false };
    const states = [];
    {
      await using recorder = await createRecorder(options);
      {
        await using session = await recorder.startSession();
        session.on('state', ({ state }) => states.push(state));
      }
      states.push(recorder.session === undefined ? 'no session' : 'a session');
      await using second = await recorder.startSession();
      second.on('state', ({ state }) => states.push(state));
      second.user.startTurn();
    }
    await using again = await createRecorder(options);
    const kept = await again.sessions();
    return { states, ended: kept.map(({ session }) => session.endReason) };
  })()`);
  const gone = await inspector.counts();
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(result.states).toEqual(['stopping', 'ended', 'no session', 'stopping', 'ended']);
  expect(result.ended).toEqual(['session_stop', 'session_stop']);
  expect(typeof typed).toBe('function');
  expect(gone).toMatchObject({ contexts: 0, nodes: 0, liveTracks: 0, workers: 0 });
});

for (const { seed, steps, forMs, tag } of [
  { seed: 1, steps: 150, forMs: undefined, tag: '' },
  { seed: 2, steps: 150, forMs: undefined, tag: '' },
  { seed: 3, steps: 1_000_000, forMs: 300_000, tag: ', five minutes @long' },
])
  test(`[LIFE-5] whatever is called in whatever order, every promise settles within five seconds and none is left unhandled: seed ${seed}${tag}`, async () => {
    test.setTimeout((forMs ?? 0) + 180_000);
    const site = await openSite();
    const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
    const { page, troubles } = await openRecorderPage(browser, site);
    await page.addScriptTag({ path: fileURLToPath(new URL('pages/chaos.js', import.meta.url)) });
    const result = await page.evaluate((options) => window.chaos(options), { seed, steps, ...(forMs && { forMs }) });
    await browser.close();
    await site.close();

    expect(result.stuck).toEqual([]);
    expect(result.unhandled).toEqual([]);
    expect(result.untyped).toEqual([]);
    expect(result.engineFailures).toEqual([]);
    // It was a run, and not a row of refusals.
    expect(result.done).toBeGreaterThan(40);
    test.info().annotations.push({ type: 'calls', description: `${result.done} settled with a value` });
    test.info().annotations.push({ type: 'slowest', description: result.slowest });
    expect(troubles).toEqual([]);
  });

test('[LIFE-7] a session that was being started when its recorder was disposed of does not outlive it', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const inspector = await Inspector.open(page);
  const outcomes = await page.evaluate(async () => {
    const { createRecorder, TurntapeError } = window.turntape;
    const seen: string[] = [];
    for (let delayMs = 0; delayMs <= 240; delayMs += 30) {
      const recorder = await createRecorder({ consent: 'granted', vad: false });
      let isSettled = false;
      const starting = recorder.startSession().then(
        (session) => (session.state === 'ended' ? 'ended' : `left: ${session.state}`),
        (thrown: unknown) => (thrown instanceof TurntapeError ? 'refused' : `untyped: ${String(thrown)}`),
      );
      void starting.then(() => (isSettled = true));
      await Promise.race([starting, new Promise((resolve) => setTimeout(resolve, delayMs))]);
      const wasEarly = isSettled;
      await recorder.dispose();
      seen.push(wasEarly ? 'early' : await starting);
    }
    return seen;
  });
  const gone = await inspector.counts();
  await browser.close();
  await site.close();
  expect(troubles).toEqual([]);
  expect(outcomes.filter((outcome) => !['refused', 'ended', 'early'].includes(outcome))).toEqual([]);
  expect(outcomes).toContain('refused');
  expect(gone).toMatchObject({ contexts: 0, nodes: 0, liveTracks: 0, workers: 0 });
});

test('[LIFE-8] a start that fails or is aborted when its session is known already ends that session, and what it promised settles', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const inspector = await Inspector.open(page);
  const seen = await page.evaluate(async () => {
    const { createRecorder, TurntapeError } = window.turntape;
    const audioContext = new AudioContext();
    const recorder = await createRecorder({ consent: 'granted', vad: false, audioContext });
    const outcomes = [];
    for (const how of ['fails', 'is aborted']) {
      const controller = new AbortController();
      const states: string[] = [];
      let promised: Promise<unknown> | undefined;
      // The last thing of a start.
      audioContext.createMediaStreamSource = (mediaStream) => {
        recorder.session?.on('state', ({ state }) => states.push(state));
        promised = recorder.session?.bot.begin().done;
        if (how === 'fails') throw new DOMException('planted', 'InvalidStateError');
        controller.abort();
        return new MediaStreamAudioSourceNode(audioContext, { mediaStream });
      };
      const start = await recorder.startSession({ signal: controller.signal }).then(
        () => 'started',
        (thrown: unknown) => (thrown instanceof TurntapeError ? thrown.code : `untyped: ${String(thrown)}`),
      );
      outcomes.push({ start, states, left: recorder.session?.state, result: await promised });
    }
    Reflect.deleteProperty(audioContext, 'createMediaStreamSource');
    // The next one finds nothing in its way.
    const next = await recorder.startSession();
    await next.stop();
    await recorder.dispose();
    await audioContext.close();
    return outcomes;
  });
  const gone = await inspector.counts();
  await browser.close();
  await site.close();
  expect(troubles).toEqual([]);
  const ended = {
    states: ['stopping', 'ended'],
    left: undefined,
    result: { renderedMs: 0, heardMs: 0, generatedMs: 0, interrupted: true },
  };
  expect(seen).toEqual([
    { start: 'microphone_failed', ...ended },
    { start: 'aborted', ...ended },
  ]);
  expect(gone).toMatchObject({ contexts: 0, nodes: 0, liveTracks: 0, workers: 0 });
});

// The compiler is the test of the types: never called.
async function typed(open: () => Promise<Recorder>): Promise<string> {
  await using recorder = await open();
  await using session = await recorder.startSession();
  return session.sessionId;
}
