import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { checkRounds } from './support/check-rulers.ts';
import { checkVoiceCut } from './support/check-voice-cut.ts';
import { cutRulers } from './support/cut-rulers.ts';
import { exchangeTurns } from './support/exchange-turns.ts';
import { interruptByVoice } from './support/interrupt-by-voice.ts';
import { launchFirefox, whyNoFirefox } from './support/launch-firefox.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { decodeAudio } from './support/read-audio.ts';
import { readRows } from './support/read-rows.ts';
import { startServer } from './support/start-server.ts';

/**
 * The same promises in the Firefox that is installed. Its microphone is a PulseAudio source, and what it plays goes to a
 * null sink: its clock needs an output to run.
 */

const missing = whyNoFirefox();
test.skip(missing !== undefined, missing);
const userFile = async (): Promise<string> => (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';

test('[FOX-2] [FOX-7] [MAIN-1] in Firefox a user turn and a reply become segments on a backend, each file what its row says', async () => {
  await using server = await startServer();
  const site = await openSite({ server: server.url });
  await using firefox = await launchFirefox({ microphone: { file: await userFile() } });
  const { page, troubles } = await openRecorderPage(firefox.browser, site);
  const result = await exchangeTurns(page, server);
  await firefox.close();
  await site.close();
  await server.stop();

  expect(troubles).toEqual([]);
  expect(result.errors).toEqual([]);
  expect(withoutMachineGaps(result.gaps, result.skippedMs)).toEqual([]);
  expect(result.pending).toBe(0);
  expect(result.segments.map((segment) => segment.deliveryState)).toEqual(['acknowledged', 'acknowledged']);
  const rows = await readRows<{ speaker: string; audio_url: string; sha256: string; duration_ms: number }>(
    server.dataFolder,
    'select * from session_audio_segments where session_id = $1 order by started_at',
    [result.sessionId],
  );
  expect(rows.map((row) => row.speaker)).toEqual(['user', 'bot']);
  for (const row of rows) {
    const path = join(server.dataFolder, row.audio_url);
    const bytes = await readFile(path);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(row.sha256);
    const audio = await decodeAudio(path);
    expect([audio.codec, audio.sampleRate]).toEqual(['opus', 48_000]);
    expect(row.duration_ms).toBeCloseTo((audio.samples.length / 48_000) * 1000, 6);
  }
  const [user, bot] = result.segments;
  expect(bot).toMatchObject({ endReason: 'drained', interrupted: false });
  expect(bot?.renderedMs).toBeCloseTo(bot?.generatedMs ?? 0, 0);
  // [FOX-7] With PulseAudio it must not be asked. Nothing that names the device stands in the metadata.
  expect(bot?.outputLatencyMs).toBeNull();
  expect(user?.capture.settings).toMatchObject({ echoCancellation: true, noiseSuppression: true });
  expect(Object.keys(user?.capture.settings ?? {})).not.toContain('deviceId');
});

for (const [blocked, tag] of [
  [true, ''],
  [false, ' @long'],
] as const) {
  test(`[FOX-3] [FOX-6] [CUT-2] in Firefox a voice cuts the bot and client_vad_start leaves, page ${blocked ? 'blocked 2 s of 2.6' : 'idle'}${tag}`, async () => {
    const site = await openSite();
    await using firefox = await launchFirefox({ microphone: { file: await userFile() } });
    const { page, troubles } = await openRecorderPage(firefox.browser, site);
    await page.evaluate(countRoomQuestions);
    const cut = await interruptByVoice(page, { blocked });
    const roomQuestions = await page.evaluate(() => document.body.dataset['roomQuestions']);
    await firefox.close();
    await site.close();
    expect(troubles).toEqual([]);
    // [FOX-6] The engine has asked the page how much room there is: its own question would wait for the page's thread.
    expect(Number(roomQuestions)).toBeGreaterThan(0);
    checkVoiceCut(cut, { blocked });
  });
}

for (const [cuts, tag] of [
  [4, ''],
  [100, ' @long'],
] as const) {
  test(`[FOX-4] [HEAR-15] in Firefox ${cuts} cuts at random times, page idle and blocked: what is recorded is what was put out, to the frame${tag}`, async () => {
    if (cuts > 10) test.setTimeout(600_000);
    const site = await openSite();
    await using firefox = await launchFirefox({
      microphone: { file: await userFile() },
      ...(cuts > 10 ? { limitMs: 580_000 } : {}),
    });
    const { page, troubles } = await openRecorderPage(firefox.browser, site);
    for (const blocked of [false, true]) {
      const result = await cutRulers(page, { cuts, blocked, seed: 4 });
      expect(troubles).toEqual([]);
      expect(result.errors).toEqual([]);
      expect(withoutMachineGaps(result.gaps, result.skippedMs)).toEqual([]);
      expect(checkRounds(result)).toBeGreaterThanOrEqual(cuts);
    }
    await site.close();
  });
}

/** Runs in the page: how often it asks the browser for its room, from now on. */
function countRoomQuestions(): void {
  let count = 0;
  const { storage } = navigator;
  const ask = storage.estimate.bind(storage);
  storage.estimate = () => {
    document.body.dataset['roomQuestions'] = String((count += 1));
    return ask();
  };
}
