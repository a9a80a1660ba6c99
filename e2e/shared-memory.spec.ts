import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { checkRounds } from './support/check-rulers.ts';
import { checkVoiceCut } from './support/check-voice-cut.ts';
import { cutRulers } from './support/cut-rulers.ts';
import { exchangeTurns } from './support/exchange-turns.ts';
import { type VoiceCut, interruptByVoice } from './support/interrupt-by-voice.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { launchFirefox, whyNoFirefox } from './support/launch-firefox.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openSite } from './support/open-site.ts';
import { relayPorts } from './support/relay-ports.ts';
import { caughtUp, endRulerSession, heardFor, rulerFaults, startRulerSession } from './support/ruler-session.ts';
import { startServer } from './support/start-server.ts';
import { watchPorts } from './support/watch-ports.ts';

/** A cross-origin isolated page: audio and commands go through shared memory. And a page that is in the way of every port. */

const userFile = async (): Promise<string> => (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';

const cutAfterMs = ({ interruption, decisionFrame, sampleRate }: VoiceCut): number =>
  ((interruption.cutFrame - decisionFrame) / sampleRate) * 1000;

test('[RING-7] [MAIN-1] on an isolated page a turn and a reply are delivered, and no sample crosses a port', async () => {
  await using server = await startServer();
  const site = await openSite({ isolated: true, server: server.url });
  await using browser = await launchBrowser({ microphone: { file: await userFile() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const traffic = await watchPorts(page);
  const result = await exchangeTurns(page, server);
  const seen = await traffic();
  await browser.close();
  await site.close();
  await server.stop();

  expect(troubles).toEqual([]);
  expect(result).toMatchObject({ audioLink: 'shared', errors: [], pending: 0 });
  expect(withoutMachineGaps(result.gaps, result.skippedMs)).toEqual([]);
  expect(result.segments.map(({ speaker, deliveryState }) => `${speaker} ${deliveryState}`)).toEqual([
    'user acknowledged',
    'bot acknowledged',
  ]);
  const [, bot] = result.segments;
  expect(bot?.renderedMs).toBeCloseTo(bot?.generatedMs ?? 0, 0);
  expect(seen.withSamples).toBe(0);
  // They were watched: the doors and the bell.
  expect(seen.messages).toBeGreaterThan(0);
});

for (const [isolated, samples] of [
  [true, 'shared memory'],
  [false, 'ports'],
] as const) {
  test(`[RING-8] [CUT-2] ${isolated ? 'isolated' : 'not isolated'}, page blocked 2 s of 2.6: a voice cuts the bot to the frame, samples by ${samples} @long`, async () => {
    const site = await openSite({ isolated });
    await using browser = await launchBrowser({ microphone: { file: await userFile() } });
    const { page, troubles } = await openRecorderPage(browser, site);
    const traffic = await watchPorts(page);
    const cut = await interruptByVoice(page, { blocked: true });
    const { withSamples } = await traffic();
    await browser.close();
    await site.close();
    expect(troubles).toEqual([]);
    checkVoiceCut(cut, { blocked: true });
    if (isolated) expect(withSamples).toBe(0);
    else expect(withSamples).toBeGreaterThan(100);
  });
}

test('[RING-9] a page in the way of every port: through memory the cut does not wait for it; by ports it does, and nothing is lost', async () => {
  const cuts: VoiceCut[] = [];
  for (const isolated of [true, false]) {
    const site = await openSite({ isolated });
    const browser = await launchBrowser({ microphone: { file: await userFile() } });
    const { page, troubles } = await openRecorderPage(browser, site);
    await relayPorts(page);
    const traffic = await watchPorts(page);
    const cut = await interruptByVoice(page, { blocked: true });
    const { withSamples } = await traffic();
    await browser.close();
    await site.close();
    expect(troubles).toEqual([]);
    checkVoiceCut(cut, { blocked: true, relayed: true });
    if (isolated) expect(withSamples).toBe(0);
    else expect(withSamples).toBeGreaterThan(100);
    cuts.push(cut);
  }
  const [byMemory, byPort] = cuts;
  if (!byMemory || !byPort) throw new Error('Nothing was cut.');
  const measured = cuts.map((cut) => `${Math.round(cutAfterMs(cut))} ms`).join(' through memory, ');
  test.info().annotations.push({ type: 'decision → silence', description: `${measured} by ports` });
  // The user begins in the middle of a block of two seconds.
  expect(cutAfterMs(byMemory)).toBeLessThan(cutAfterMs(byPort) / 2);
});

/** Runs in the page. */
function standStill(milliseconds: number): void {
  const until = Date.now() + milliseconds;
  while (Date.now() < until);
}

test('[RING-10] a page in the way that stands still for longer than the bound: one range of each track, to the frame @long', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  await relayPorts(page);
  await startRulerSession(page);
  await heardFor(page, 500);
  await page.evaluate(standStill, 5000);
  await caughtUp(page);
  const short = await page.evaluate(() => window.rig.gaps);
  await page.evaluate(standStill, 12_000);
  await caughtUp(page);
  await heardFor(page, 500);
  const { gaps, errors, segments, stats } = await endRulerSession(page);
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(errors).toEqual([]);
  expect(short).toEqual([]);
  expect(gaps.map(({ cause, speaker }) => `${cause} ${speaker}`).toSorted()).toEqual([
    'engine_stall bot',
    'engine_stall user',
  ]);
  const gap = gaps.find(({ speaker }) => speaker === 'user');
  const [segment] = segments;
  if (!segment || !gap) throw new Error('Nothing was kept.');
  expect(stats.queues.user.lostMs).toBeCloseTo(gap.endMs - gap.startMs, 6);
  const { faults, ticks } = rulerFaults(segment.audio);
  expect(ticks).toBeGreaterThan(1700);
  for (const { atMs } of faults) {
    expect(atMs).toBeGreaterThan(gap.startMs - 10);
    expect(atMs).toBeLessThan(gap.endMs);
  }
});

for (const kind of ['chromium', 'firefox'] as const) {
  test(`[RING-8] [HEAR-15] isolated, in ${kind} 20 cuts at random times, page idle and blocked, are recorded to the frame @long`, async () => {
    const missing = kind === 'firefox' ? whyNoFirefox() : undefined;
    test.skip(missing !== undefined, missing);
    test.setTimeout(300_000);
    const site = await openSite({ isolated: true });
    const microphone = { file: await userFile() };
    await using firefox = kind === 'firefox' ? await launchFirefox({ microphone, limitMs: 280_000 }) : undefined;
    await using browser = firefox?.browser ?? (await launchBrowser({ microphone }));
    const { page, troubles } = await openRecorderPage(browser, site);
    for (const blocked of [false, true]) {
      const result = await cutRulers(page, { cuts: 20, blocked, seed: 5 });
      expect(troubles).toEqual([]);
      expect(result).toMatchObject({ audioLink: 'shared', errors: [] });
      // The user's file ends before the cuts do: its silence is a gap, and rightly so.
      expect(withoutMachineGaps(result.gaps, result.skippedMs).filter(({ cause }) => cause !== 'input_silent')).toEqual(
        [],
      );
      expect(checkRounds(result)).toBeGreaterThanOrEqual(20);
    }
    await site.close();
  });
}
