import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { encodeRuler } from './fixtures/ruler.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import {
  type RulerRecord,
  endRulerSession,
  engineWorker,
  heardFor,
  rulerFaults,
  startRulerSession,
} from './support/ruler-session.ts';

const RATE = 48_000;

test('[LOSS-12] [LOSS-13] an engine that is killed in the middle of two turns is replaced, and the record has a part before and one after', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  await startRulerSession(page);
  await page.evaluate(
    ({ ruler, RATE }) => {
      const utterance = window.rig.session.bot.begin();
      utterance.write(Int16Array.from(ruler), { sampleRate: RATE });
      utterance.end();
    },
    { ruler: [...encodeRuler({ from: 0, count: 600, sampleRate: RATE })], RATE },
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
  const gaps = withoutMachineGaps(record.gaps);
  expect(gaps.length).toBeGreaterThan(0);
  for (const { cause, startMs, endMs } of gaps) {
    expect(cause).toBe('engine_crash');
    expect(endMs - startMs).toBeLessThan(100);
  }
  expect(record.stats.gaps).toEqual(record.gaps);
});

test('[LOSS-14] an engine that dies while the user speaks: each start has its stop, and each turn its end', async () => {
  const { microphones } = await makeSpeech();
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: microphones['one-turn-48000']?.file ?? '' } });
  const { page, troubles } = await openRecorderPage(browser, site);
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
    // A word of the app that comes while there is no engine is answered by the next.
    session.on('error', () => void session.stats());
    await ended;
    await session.stop();
    const [stored] = await recorder.sessions();
    await recorder.dispose();
    return { told, errors, unstopped: open.size, segments: stored?.segments ?? [], state: stored?.session.state };
  });
  // Eight tenths of a second into the turn, by what the engine has heard.
  await page.waitForSelector('body[data-speaking]', { state: 'attached' });
  await engineWorker(browser).evaluate(() => self.close());
  const result = await spoken;
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
  expect(second?.startFrame).toBe(first?.endFrame);
  expect([first?.gaps, second?.gaps]).toEqual([[], []]);
});

/** Two parts of one turn, the second where the first ended, and between them nothing but what the ledger says. */
function checkTrack({ segments, gaps }: RulerRecord, speaker: 'user' | 'bot'): void {
  const [first, second, ...more] = segments.filter((segment) => segment.speaker === speaker);
  expect(more).toEqual([]);
  if (!first || !second) throw new Error(`The ${speaker} has not two parts.`);
  expect([first.part, second.part, first.turnId === second.turnId]).toEqual([1, 2, true]);
  expect([first.endReason, second.endReason]).toEqual(['crash', speaker === 'user' ? 'session_stop' : 'drained']);
  expect(second.startFrame).toBe(first.endFrame);
  const missing = withoutMachineGaps(gaps).filter((gap) => gap.speaker === speaker && gap.endMs > gap.startMs);
  expect(second.gaps).toHaveLength(missing.length);
  const whole = new Int16Array(first.audio.length + second.audio.length);
  whole.set(first.audio);
  whole.set(second.audio, first.audio.length);
  const { faults, ticks } = rulerFaults(whole);
  expect(ticks).toBeGreaterThan(500);
  const from = first.durationMs - 10;
  for (const fault of faults) {
    expect(missing).toHaveLength(1);
    expect(fault.atMs).toBeGreaterThan(from);
    expect(fault.atMs).toBeLessThan(first.durationMs + (second.gaps[0]?.endMs ?? 0));
  }
}
