import { expect, test } from '@playwright/test';
import type { Gap, GapEvent, Segment, SessionRunState } from 'turntape';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { noiseMicrophone } from './support/noise-microphone.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { speechAgain } from './support/speech-again.ts';
import { wallErrorMs, watchWall } from './support/wall-witness.ts';

/** Three quanta of 128 frames, at 44.1 kHz. */
const A_FEW_QUANTA_MS = 9;

/** Chromium may leave quanta of a dying context out as well: written down for what it is, and no part of this. */
const withoutItsOwn = <Entry extends Gap | GapEvent>(gaps: readonly Entry[]): Entry[] =>
  withoutMachineGaps(gaps).filter(({ cause }) => cause !== 'blocks_lost');

/** Nothing is missing but the seams of a change of device, each of at most 100 ms. */
function expectSeams(gaps: readonly Gap[]): void {
  const missing = withoutMachineGaps(gaps).map(({ cause, startMs, endMs }) => ({ cause, lengthMs: endMs - startMs }));
  const description = missing.map(({ lengthMs }) => lengthMs).join(', ') || 'nothing';
  test.info().annotations.push({ type: 'missing at each change, ms', description });
  for (const each of missing) {
    expect(each).toMatchObject(each.lengthMs < A_FEW_QUANTA_MS ? {} : { cause: 'microphone_changed' });
    expect(each.lengthMs).toBeLessThanOrEqual(100);
  }
}

test('[DEV-1] devices are listed and chosen, and their ids never reach the metadata', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);

  const result = await page.evaluate(async () => {
    const recorder = await window.turntape.createRecorder({ consent: 'granted', format: 'wav', vad: false });
    const before = await recorder.devices.list();
    const first = await recorder.startSession();
    const after = await recorder.devices.list();
    await first.stop();

    // Chosen before the session, and in it.
    const chosen = after.find(({ kind, label }) => kind === 'input' && label === 'Fake Audio Input 2');
    const other = after.find(({ kind, label }) => kind === 'input' && label === 'Fake Audio Input 1');
    await recorder.devices.setMicrophone({ deviceId: chosen?.deviceId ?? '' });
    const session = await recorder.startSession();
    const told: string[] = [];
    session.on('microphone', ({ state, label }) => told.push(`${state} ${label}`));
    const kept = new Promise<Segment>((resolve) => session.on('segment-kept', ({ segment }) => resolve(segment)));
    session.user.startTurn();
    const used = [session.microphone];
    // There and back, and there again: every one of them in the same turn.
    for (const device of [other, chosen, other]) {
      await session.setMicrophone({ deviceId: device?.deviceId ?? '' });
      used.push(session.microphone);
      const from = (await session.stats()).lengthMs;
      await new Promise<void>((resolve) => session.on('level', ({ atMs }) => atMs > from + 400 && resolve()));
    }
    session.user.endTurn();
    const segment = await kept;

    // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
    const code = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'done',
        (thrown: unknown) => (thrown as { code: string }).code,
      );
    const noMicrophone = await code(session.setMicrophone({ deviceId: 'there is none' }));
    const noOutput = await code(session.setOutput({ deviceId: 'there is none' }));
    const output = await code(recorder.devices.setOutput({ deviceId: '' }));
    const changes = new Promise<number>((resolve) =>
      recorder.devices.on('change', ({ devices }) => resolve(devices.length)),
    );
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    const changed = await changes;
    await session.stop();
    const late = await code(session.setMicrophone({}));
    await recorder.dispose();
    return { before, after, told, used, chosen, other, segment, noMicrophone, noOutput, output, changed, late };
  });
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(result.before.length).toBeGreaterThan(0);
  expect(result.after.filter(({ kind }) => kind === 'input').length).toBeGreaterThanOrEqual(2);
  expect(result.after.every(({ label, deviceId }) => label !== undefined && deviceId !== '')).toBe(true);
  expect(result.told).toEqual(['live Fake Audio Input 1', 'live Fake Audio Input 2', 'live Fake Audio Input 1']);
  // One segment. The one before is heard until the next one sounds: what is missing is no more than the seam, and now and
  // then a quantum that the browser renders without asking anybody, while its graph changes.
  expect(result.segment).toMatchObject({ part: 1, isLast: true });
  expectSeams(result.segment.gaps);
  const [one, two] = [
    { state: 'live', label: 'Fake Audio Input 1', deviceId: result.other?.deviceId },
    { state: 'live', label: 'Fake Audio Input 2', deviceId: result.chosen?.deviceId },
  ];
  expect(result.used).toEqual([two, one, two, one]);
  expect(result.segment.capture.settings).toHaveProperty('echoCancellation');
  const ids = result.after.map(({ deviceId }) => deviceId).filter((id) => id.length > 20);
  for (const id of ids) expect(JSON.stringify(result.segment)).not.toContain(id);
  expect([result.noMicrophone, result.noOutput, result.output]).toEqual([
    'microphone_not_found',
    'output_failed',
    'done',
  ]);
  expect(result.changed).toBe(result.after.length);
  expect(result.late).toBe('session_ended');
});

/** A person who begins at once and goes on: each device plays the file from its beginning when it is opened. */
async function talkingMicrophone(): Promise<string> {
  const { microphones } = await makeSpeech();
  return speechAgain(microphones['one-turn-48000'], 12, { atOnce: true });
}

test('[DEV-1] a change in the middle of a turn that the detector opened leaves one segment, with at most 100 ms missing', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await talkingMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const result = await page.evaluate(async () => {
    const tracks: MediaStreamTrack[] = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await ask(constraints);
      tracks.push(...stream.getAudioTracks());
      return stream;
    };
    const recorder = await window.turntape.createRecorder({ consent: 'granted', format: 'wav' });
    const models: string[] = [];
    recorder.on('vad-model', ({ model }) => models.push(model));
    const session = await recorder.startSession();
    const turns: string[] = [];
    const heard = { ms: 0, wake: (): void => undefined };
    session.on('level', ({ atMs, speaker }) => {
      if (speaker !== 'user') return;
      heard.ms = atMs;
      heard.wake();
    });
    const heardFor = async (ms: number): Promise<void> => {
      for (const until = heard.ms + ms; heard.ms < until;) await new Promise<void>((resolve) => (heard.wake = resolve));
    };
    session.on('turn-end', ({ turn }) => turns.push(`end ${turn.endReason}`));
    const spoken = new Promise<void>((resolve) =>
      session.on('turn-start', () => {
        turns.push('start');
        resolve();
      }),
    );
    await spoken;
    await heardFor(600);
    const inputs = (await recorder.devices.list()).filter(
      ({ kind, deviceId }) => kind === 'input' && deviceId !== session.microphone.deviceId && deviceId !== 'default',
    );
    const labels = [session.microphone.label];
    await session.setMicrophone({ deviceId: inputs[0]?.deviceId ?? '' });
    labels.push(session.microphone.label);
    await heardFor(1200);
    const during = [...turns];
    const latencies = tracks.map((track) => (track.getSettings() as { latency?: number }).latency);
    const { segments } = await session.stop();
    await recorder.dispose();
    return { turns, during, labels, segments, latencies, models };
  });
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(result.during).toEqual(['start']);
  expect(new Set(result.labels).size).toBe(2);
  const [segment, ...more] = result.segments;
  expect(more).toEqual([]);
  expect(segment).toMatchObject({ part: 1, isLast: true, endReason: 'session_stop', speaker: 'user' });
  expectSeams(segment?.gaps ?? []);
  expect(segment?.durationMs).toBeGreaterThan(1500);
  // Of the device in use when the segment was made, by the browser's own word.
  const latency = result.latencies.at(-1);
  expect(latency).toBeGreaterThan(0);
  expect(segment?.inputLatencyMs).toBe((latency ?? NaN) * 1000);
});

test('[DEV-3] an output is chosen for this session and the next, and the latency of the record is that of the device', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const result = await page.evaluate(async () => {
    const recorder = await window.turntape.createRecorder({ consent: 'granted', format: 'wav', vad: false });
    const first = await recorder.startSession();
    const outputs = (await recorder.devices.list()).filter(
      ({ kind, deviceId }) => kind === 'output' && deviceId !== 'default',
    );
    // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
    const sink = (context: AudioContext) => (context as unknown as { sinkId: string }).sinkId;
    const sinks = [sink(first.audioContext)];
    await recorder.devices.setOutput({ deviceId: outputs[0]?.deviceId ?? '' });
    sinks.push(sink(first.audioContext));
    await first.stop();
    const session = await recorder.startSession();
    sinks.push(sink(session.audioContext));
    const kept = new Promise<Segment>((resolve) => session.on('segment-kept', ({ segment }) => resolve(segment)));
    const said = session.bot.begin();
    // The browser says 0 until something has sounded for a while, on a busy machine for a longer one, and another value after a
    // machine stood still: it speaks until the browser has said one for a second, and every value is written down.
    const speak = (): void => said.write(new Float32Array(24_000).fill(0.1), { sampleRate: 24_000 });
    speak();
    const latenciesMs: number[] = [];
    const watch = setInterval(() => latenciesMs.push(session.audioContext.outputLatency * 1000), 10);
    let reports = 0;
    await new Promise<void>((resolve) => {
      const off = session.on('level', ({ speaker }) => {
        if (speaker !== 'bot') return;
        reports += 1;
        // They come every 50 ms.
        if (reports % 10 === 1) speak();
        if (!latenciesMs.slice(-100).every((each) => each > 0) || latenciesMs.length < 100) return;
        off();
        resolve();
      });
    });
    said.end();
    const done = await said.done;
    const segment = await kept;
    clearInterval(watch);
    await session.stop();
    await recorder.dispose();
    return { chosen: outputs[0]?.deviceId, sinks, done, segment, latenciesMs };
  });
  await browser.close();
  await site.close();
  expect(troubles).toEqual([]);
  expect(result.chosen).toBeTruthy();
  expect(result.sinks).toEqual(['', result.chosen, result.chosen]);
  expect(result.done).toMatchObject({ interrupted: false });
  expect(result.segment.outputLatencyMs).toBeGreaterThan(0);
  // One that the browser said as the bot spoke.
  const nearest = Math.min(
    ...result.latenciesMs.map((each) => Math.abs(each - (result.segment.outputLatencyMs ?? NaN))),
  );
  expect(nearest).toBeLessThan(5);
  expect(JSON.stringify(result.segment)).not.toContain(result.chosen);
});

test('[DEV-4] echo cancellation takes a mode, every constraint can be overridden, and what the browser gave is recorded', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const result = await page.evaluate(async () => {
    const asked: (boolean | string)[] = [];
    const given: unknown[] = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (constraints) => {
      asked.push((constraints as { audio: { echoCancellation: boolean } }).audio.echoCancellation);
      return ask(constraints);
    };
    for (const echoCancellation of ['all', 'remote-only', true, false] as const) {
      const recorder = await window.turntape.createRecorder({
        consent: 'granted',
        format: 'wav',
        vad: false,
        microphone: { echoCancellation, autoGainControl: true, noiseSuppression: false },
      });
      const session = await recorder.startSession();
      const kept = new Promise<Segment>((resolve) => session.on('segment-kept', ({ segment }) => resolve(segment)));
      session.user.startTurn();
      await new Promise<void>((resolve) => session.on('level', ({ atMs }) => atMs > 300 && resolve()));
      session.user.endTurn();
      given.push((await kept).capture.settings);
      await session.stop();
      await recorder.dispose();
    }
    return { asked, given };
  });
  await browser.close();
  await site.close();
  expect(troubles).toEqual([]);
  expect(result.asked).toEqual(['all', 'remote-only', true, false]);
  // A browser that knows no modes says `true` of either.
  const given = result.given as { echoCancellation: boolean | string; autoGainControl: boolean }[];
  expect(['all', true]).toContain(given[0]?.echoCancellation);
  expect(['remote-only', true]).toContain(given[1]?.echoCancellation);
  expect(given[2]?.echoCancellation).toBeTruthy();
  expect(given[3]).toMatchObject({ echoCancellation: false, autoGainControl: true, noiseSuppression: false });
});

test('[DEV-2] before the permission there are devices, and no labels', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'denied' });
  const { page } = await openRecorderPage(browser, site);
  const devices = await page.evaluate(async () => {
    const recorder = await window.turntape.createRecorder({ consent: 'granted', vad: false });
    return recorder.devices.list();
  });
  await browser.close();
  await site.close();
  expect(devices.some(({ kind }) => kind === 'input')).toBe(true);
  expect(devices.every(({ label }) => label === undefined)).toBe(true);
});

/** How finely the page's own time is counted. */
const TICK_MS = 50;

test('[CONTEXT-5] a dead clock is found within two seconds, the context rebuilt, and later turns are right to 5 ms', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  await watchWall(page);

  const result = await page.evaluate(async (TICK_MS) => {
    // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
    const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
    // The page's own time: a machine that stands still is no time for anybody.
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), TICK_MS);
    const recorder = await window.turntape.createRecorder({ consent: 'granted', format: 'wav', vad: false });
    const session = await recorder.startSession();
    const gaps: GapEvent[] = [];
    const states: { state: SessionRunState; ticks: number }[] = [];
    const segments: Segment[] = [];
    session.on('gap', (event) => gaps.push(event));
    session.on('state', ({ state }) => states.push({ state, ticks }));
    session.on('segment-kept', ({ segment }) => segments.push(segment));
    const tone = Float32Array.from({ length: 24_000 }, (_, at) => Math.sin(at / 10) / 3);

    session.user.startTurn();
    const lost = session.bot.begin();
    for (let each = 0; each < 20; each += 1) lost.write(tone, { sampleRate: 24_000 });
    lost.end();
    while (session.activeTurn('bot') === undefined) await wait(20);
    const begunAt = session.audioContext.currentTime;
    while (session.audioContext.currentTime < begunAt + 1.5) await wait(20);
    // It says that it runs, and stands still: what WebKit does after some interruptions.
    const dead = session.audioContext;
    Object.defineProperty(dead, 'state', { get: () => 'running' });
    await dead.suspend();
    const diedAtTick = ticks;
    const back = new Promise<void>((resolve) => session.on('state', ({ state }) => state === 'recording' && resolve()));
    await back;
    const unheard = await lost.done;
    const bot = session.bot.begin();
    bot.write(tone, { sampleRate: 24_000 });
    bot.end();
    const played = await bot.done;
    session.user.endTurn();

    const { audioContext } = session;
    const anchor = await window.wallAnchor(session);
    const { epochs } = await session.stats();
    await session.stop();
    clearInterval(timer);
    const closed = [dead, audioContext].map(({ constructor }) => constructor.name);
    await recorder.dispose();
    const again = dead !== audioContext;
    return { gaps, states, segments, unheard, played, diedAtTick, epochs, anchor, again, closed };
  }, TICK_MS);
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(result.again).toBe(true);
  expect(result.states.map(({ state }) => state)).toEqual(['rebuilding', 'recording', 'stopping', 'ended']);
  const [found] = result.states;
  expect(((found?.ticks ?? Infinity) - result.diedAtTick) * TICK_MS).toBeLessThan(2000);
  // One loss on both tracks; where the two began some quanta apart in the new context, the rest of it on one.
  // That a busy machine played too late is as true, and another test's.
  const [rebuilt, ...edges] = withoutItsOwn(result.gaps);
  expect(rebuilt).toMatchObject({ cause: 'context_rebuilt', speaker: undefined });
  for (const { cause, startMs, endMs } of edges) {
    expect(cause).toBe('context_rebuilt');
    expect(endMs - startMs).toBeLessThan(100);
  }
  // The user's turn goes on in one segment, with the gap in it; the bot's next utterance is played whole.
  const [user] = result.segments.filter(({ speaker }) => speaker === 'user');
  expect(new Set(withoutItsOwn(user?.gaps ?? []).map(({ cause }) => cause))).toEqual(new Set(['context_rebuilt']));
  expect(result.unheard).toMatchObject({ interrupted: true, generatedMs: 20_000 });
  expect(result.unheard.renderedMs).toBeGreaterThan(1000);
  expect(result.unheard.renderedMs).toBeLessThan(4000);
  expect(result.played).toMatchObject({ interrupted: false });
  expect(result.played.renderedMs).toBeCloseTo(1000, 0);
  expect([...new Set(result.epochs.map(({ clockId }) => clockId))]).toEqual([1, 2]);
  expect(Math.abs(wallErrorMs(result.anchor))).toBeLessThan(5);
});
