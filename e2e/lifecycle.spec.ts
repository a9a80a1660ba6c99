import { expect, test } from '@playwright/test';
import type { Recorder } from 'turntape';
import { type Counts, Inspector } from './support/inspector.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { noiseMicrophone } from './support/noise-microphone.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

declare global {
  interface Window {
    recorder: Recorder;
    /** A session with everything that it can own, from its start to its erasure. */
    cycle: (recorder: Recorder) => Promise<void>;
  }
}

const MEGABYTE = 1_000_000;

const NOTHING = { audioHandlers: 0, audioProcessors: 0, contexts: 0, nodes: 0, liveTracks: 0 };

for (const [sessions, tag] of [
  [15, ''],
  [50, ' @long'],
] as const)
  test(`[LIFE-3] ${sessions} sessions, one after the other, leave less than 1 MB in all, no context, no node, no track and no worker${tag}`, async () => {
    const { page, inspector, troubles, close } = await openCycles();
    await page.evaluate(async () => {
      window.recorder = await window.turntape.createRecorder({ consent: 'granted', record: { session: 'stereo' } });
    });
    const cycles = (count: number): Promise<void> =>
      page.evaluate(async (count) => {
        for (let each = 0; each < count; each += 1) await window.cycle(window.recorder);
      }, count);

    await cycles(10);
    const warm = await inspector.counts();
    await cycles(sessions);
    const after = await inspector.counts();
    await page.evaluate(() => window.recorder.dispose());
    const gone = await inspector.counts();
    await close();

    expect(troubles).toEqual([]);
    expectNoGrowth(warm, after);
    // The detector that is the default is among it, with its runtime.
    expect(warm.workerBytes).toBeGreaterThan(10 * MEGABYTE);
    expect(after).toMatchObject({ ...NOTHING, workers: 1 });
    expect(gone).toMatchObject({ ...NOTHING, workers: 0, workerBytes: 0 });
  });

for (const [recorders, warmUp, tag] of [
  [2, 1, ''],
  [50, 10, ' @long'],
] as const)
  test(`[LIFE-9] ${recorders} recorders, each made, used and disposed of, leave less than 1 MB in all, and no worker${tag}`, async () => {
    const { page, inspector, troubles, close } = await openCycles();
    const cycles = (count: number): Promise<void> =>
      page.evaluate(async (count) => {
        for (let each = 0; each < count; each += 1) {
          const recorder = await window.turntape.createRecorder({ consent: 'granted', record: { session: 'stereo' } });
          await window.cycle(recorder);
          await recorder.dispose();
        }
      }, count);

    await cycles(warmUp);
    const warm = await inspector.counts();
    await cycles(recorders);
    const after = await inspector.counts();
    await close();

    expect(troubles).toEqual([]);
    expectNoGrowth(warm, after);
    for (const each of [warm, after]) expect(each).toMatchObject({ ...NOTHING, workers: 0, workerBytes: 0 });
  });

/** Objects, their buffers and WebAssembly's memory, of page and engine together. */
function expectNoGrowth(warm: Counts, after: Counts): void {
  const [page, engine] = [after.pageBytes - warm.pageBytes, after.workerBytes - warm.workerBytes];
  test.info().annotations.push({ type: 'bytes', description: `page ${page}, engine ${engine}` });
  expect(page + engine, `bytes: page ${page}, engine ${engine}`).toBeLessThan(MEGABYTE);
}

/** A page that has `window.cycle`, and what counts it. */
async function openCycles() {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const inspector = await Inspector.open(page);
  await page.evaluate(() => {
    const tone = Float32Array.from({ length: 2400 }, (_, at) => Math.sin(at / 10) / 3);
    window.cycle = async (recorder) => {
      const session = await recorder.startSession();
      session.user.tee();
      session.user.startTurn();
      const utterance = session.bot.begin();
      utterance.write(tone, { sampleRate: 24_000 });
      utterance.end();
      await utterance.done;
      // What somebody else says: their stream, and ours to let go of.
      const said = session.audioContext.createMediaStreamDestination();
      const voice = new OscillatorNode(session.audioContext);
      voice.connect(said);
      voice.start();
      const attachment = await session.bot.attach(said.stream, { play: true, boundaries: 'manual' });
      const begun = new Promise<void>((resolve) =>
        session.on('turn-start', ({ turn }) => turn.speaker === 'bot' && resolve()),
      );
      attachment.startTurn();
      await begun;
      attachment.endTurn();
      await attachment.detach();
      for (const track of said.stream.getTracks()) track.stop();
      await session.mute();
      await session.deafen();
      await session.stop();
      await session.files.export({ format: 'wav' });
      // Nobody wants it any more: what stays then is ours.
      await recorder.erase({ sessionId: session.sessionId });
    };
  });
  const close = async (): Promise<void> => {
    await browser.close();
    await site.close();
  };
  return { page, inspector, troubles, close };
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
