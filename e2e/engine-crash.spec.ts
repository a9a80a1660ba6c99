import { expect, test } from '@playwright/test';
import type { GapCause, Session } from 'turntape';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import {
  type RulerRecord,
  endRulerSession,
  engineWorker,
  heardFor,
  startRulerSession,
} from './support/ruler-session.ts';
import { rulerText } from './support/ruler-text.ts';
import { startMsOf } from './support/session-time.ts';
import { speechAgain } from './support/speech-again.ts';
import { rulerFaultsBetween } from './support/standstills.ts';
import { skippedMs, watchWall } from './support/wall-witness.ts';

const RATE = 48_000;

test('[LOSS-12] [LOSS-13] an engine that is killed in the middle of two turns is replaced, and the record has a part before and one after', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  await watchWall(page);
  await startRulerSession(page);
  await page.evaluate(
    ({ text, RATE }) => {
      const utterance = window.rig.session.bot.begin();
      const ruler = new Int16Array(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer);
      utterance.write(ruler, { sampleRate: RATE });
      utterance.end();
    },
    { text: rulerText({ ticks: 600, sampleRate: RATE }), RATE },
  );
  await heardFor(page, 2000);
  const back = page.evaluate(
    () =>
      new Promise<void>((resolve) =>
        window.rig.session.on('error', ({ error }) => error.code === 'engine_restarted' && resolve()),
      ),
  );
  // Nothing gets a chance to put its affairs in order.
  const killed = engineWorker(browser);
  await killed.evaluate(() => self.close());
  await back;
  await heardFor(page, 5500);
  const record = await endRulerSession(page);
  const notAskedMs = await skippedMs(page);
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(record.errors).toEqual(['engine_restarted']);
  expect(record.turns.filter((line) => line.startsWith('user'))).toEqual([
    'user turn-start',
    'user turn-end crash',
    'user turn-start',
    'user turn-end session_stop',
  ]);
  expect(record.turns.filter((line) => line.startsWith('bot'))).toEqual([
    'bot turn-start',
    'bot turn-end crash',
    'bot turn-start',
    'bot turn-end drained',
  ]);
  for (const speaker of ['user', 'bot'] as const) checkTrack(record, speaker);
  // What it is written down as: once for each track that lost something, once when none did.
  // A machine that stands still as the graph is joined leaves a hole in it, long before the kill.
  const gaps = withoutMachineGaps(record.gaps, notAskedMs).filter(({ startMs }) => startMs > 500);
  expect(gaps.length).toBeGreaterThan(0);
  for (const { cause, startMs, endMs } of gaps) {
    expect(cause).toBe('engine_crash');
    expect(endMs - startMs).toBeLessThan(500);
  }
  expect(record.stats.gaps).toEqual(record.gaps);
});

test('[LOSS-14] an engine that dies while the user speaks: each start has its stop, and each turn its end', async () => {
  const { microphones } = await makeSpeech();
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await speechAgain(microphones['one-turn-48000'], 2) } });
  const { page, troubles } = await openRecorderPage(browser, site);
  await watchWall(page);
  const spoken = page.evaluate(async () => {
    const recorder = await window.turntape.createRecorder({ consent: 'granted', format: 'opus', bargeIn: false });
    const session = await recorder.startSession();
    const told: string[] = [];
    const open = new Set<string>();
    session.on('client_vad_start', ({ turnId }) => told.push('start') && open.add(turnId));
    session.on('client_vad_stop', ({ turnId }) => told.push('stop') && open.delete(turnId));
    session.on('turn-start', ({ turn }) => {
      session.on('level', ({ atMs }) => {
        if (atMs > turn.startMs + 800) document.body.dataset['speaking'] = turn.turnId;
      });
    });
    const errors: string[] = [];
    session.on('error', ({ error }) => errors.push(error.code));
    const ended = new Promise<void>((resolve) =>
      session.on('turn-end', ({ turn }) => turn.endReason === 'speech_end' && resolve()),
    );
    Object.assign(window, { session });
    await ended;
    const stats = await session.stats();
    await session.stop();
    const [stored] = await recorder.sessions();
    await recorder.dispose();
    return {
      told,
      errors,
      unstopped: open.size,
      segments: stored?.segments ?? [],
      state: stored?.session.state,
      stats,
    };
  });
  // Eight tenths of a second into the turn, by what the engine has heard.
  await page.waitForSelector('body[data-speaking]', { state: 'attached' });
  await engineWorker(browser).evaluate(() => self.close());
  // A word of the app that comes while there is no engine is answered by the next.
  const said = await page.evaluate(() => (window as unknown as { session: Session }).session.stats());
  const result = await spoken;
  const notAskedMs = await skippedMs(page);
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(result.errors).toEqual(['engine_restarted']);
  expect(result.unstopped).toBe(0);
  expect(result.told.filter((each) => each === 'start').length).toBe(
    result.told.filter((each) => each === 'stop').length,
  );
  const [first, second] = result.segments;
  expect(result.segments).toHaveLength(2);
  expect(result.state).toBe('ended');
  expect([first?.endReason, second?.endReason]).toEqual(['crash', 'speech_end']);
  // Who speaks through it is in the next turn from the frame at which the first one ends.
  expect(second?.turnId).not.toBe(first?.turnId);
  if (!first || !second) throw new Error('There are not two turns.');
  expect(startMsOf(second, result.stats)).toBeCloseTo(startMsOf(first, result.stats) + first.durationMs, 0);
  // What a machine this slow had taken and not kept for longer than the worklets hold is gone, and written down.
  const gaps = withoutMachineGaps(
    [first, second].flatMap((segment) => segment.gaps),
    notAskedMs,
  );
  expect(gaps.filter(({ cause }) => cause !== 'engine_crash')).toEqual([]);
  expect(said.lengthMs).toBeGreaterThan(0);
});

test('[LOSS-23] an engine whose script does not load is asked for again, at the start and after a crash, and nothing is lost by it', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page } = await openRecorderPage(browser, site);
  // A line that breaks for a moment, as often as this.
  let breaks = 1;
  let asked = 0;
  await page.route('**/engine.worker.js*', (route) => {
    asked += 1;
    return asked <= breaks ? route.abort('connectionreset') : route.continue();
  });
  await watchWall(page);
  await startRulerSession(page);
  expect(asked).toBe(2);
  await heardFor(page, 500);
  const back = page.evaluate(
    () =>
      new Promise<void>((resolve) =>
        window.rig.session.on('error', ({ error }) => error.code === 'engine_restarted' && resolve()),
      ),
  );
  // More often than an engine may die within a minute.
  breaks = asked + 4;
  await engineWorker(browser).evaluate(() => self.close());
  await back;
  expect(asked).toBe(breaks + 1);
  await heardFor(page, 500);
  const { errors, segments, gaps } = await endRulerSession(page);
  const notAskedMs = await skippedMs(page);
  await browser.close();
  await site.close();
  expect(errors).toEqual(['engine_restarted']);
  expect(segments.map(({ endReason }) => endReason)).toEqual(['crash', 'session_stop']);
  // Two seconds without an engine: the worklets held them.
  for (const { cause, startMs, endMs } of withoutMachineGaps(gaps, notAskedMs)) {
    expect(cause).toBe('engine_crash');
    expect(endMs - startMs).toBeLessThan(500);
  }
});

/** All but what came too late for the loudspeaker: that is silence in it, and found later. */
const sounded = ({ cause }: { cause: GapCause }): boolean => cause !== 'playback_underrun';

/** Two parts of one turn, the second where the first ended; each says what the ledger has of its range, and nothing else is missing. */
function checkTrack({ segments, gaps, stats }: RulerRecord, speaker: 'user' | 'bot'): void {
  const [first, second, ...more] = segments.filter((segment) => segment.speaker === speaker);
  expect(more).toEqual([]);
  if (!first || !second) throw new Error(`The ${speaker} has not two parts.`);
  expect([first.part, second.part, first.turnId === second.turnId]).toEqual([1, 2, true]);
  expect([first.endReason, second.endReason]).toEqual(['crash', speaker === 'user' ? 'session_stop' : 'drained']);
  const startMs = startMsOf(first, stats);
  expect(startMsOf(second, stats)).toBeCloseTo(startMs + first.durationMs, 1);
  const missing = gaps.filter((gap) => (gap.speaker ?? speaker) === speaker);
  const ledger = missing.filter((gap) => sounded(gap) && gap.endMs > gap.startMs);
  for (const part of [first, second]) {
    const fromMs = startMsOf(part, stats);
    const inside = ledger
      .filter((gap) => gap.endMs > fromMs && gap.startMs < fromMs + part.durationMs)
      .map(({ cause, ...gap }) => ({
        cause,
        startMs: expect.closeTo(Math.max(0, gap.startMs - fromMs), 1),
        endMs: expect.closeTo(Math.min(part.durationMs, gap.endMs - fromMs), 1),
      }));
    expect(part.gaps.filter(sounded)).toEqual(inside);
  }
  const whole = new Int16Array(first.audio.length + second.audio.length);
  whole.set(first.audio);
  whole.set(second.audio, first.audio.length);
  // Where the machine stood still the sound goes on after it as if nothing had been; everything else keeps its place.
  const own = missing.map((gap) => ({ ...gap, startMs: gap.startMs - startMs, endMs: gap.endMs - startMs }));
  const { faults, ticks } = rulerFaultsBetween(whole, own.filter(sounded), RATE);
  for (const { atMs, ...fault } of faults) {
    const known = own.some((gap) => atMs > gap.startMs - 10 && atMs < gap.endMs);
    expect(known, `the ${speaker} misses what was at ${atMs} ms: ${JSON.stringify({ fault, missing })}`).toBe(true);
  }
  expect(ticks).toBeGreaterThan(400);
}
