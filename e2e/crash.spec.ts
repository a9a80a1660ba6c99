import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import type { Turn } from 'turntape';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { decodeAudio } from './support/read-audio.ts';
import { readRows } from './support/read-rows.ts';
import { startServer } from './support/start-server.ts';

test('[KEEP-9] a browser killed in the middle of a turn has lost nothing but the last moment of it', async () => {
  const profile = await mkdtemp(join(tmpdir(), 'turntape-profile-'));
  const microphone = { file: (await makeSpeech()).microphones['one-turn-48000']?.file ?? '' };
  const server = await startServer();
  const site = await openSite({ server: server.url });

  const first = await launchBrowser({ microphone, profile });
  const { page } = await openRecorderPage(first, site);
  const spokenMs = await page.evaluate(async () => {
    const recorder = await window.turntape.createRecorder({ consent: 'granted' });
    const session = await recorder.startSession();
    const { turn } = await new Promise<{ turn: Turn }>((resolve) => session.on('turn-start', resolve));
    // A second of the turn, on the session's own clock.
    return new Promise<number>((resolve) =>
      session.on('level', ({ atMs }) => atMs > turn.startMs + 1000 && resolve(atMs - turn.startMs)),
    );
  });
  // The whole tree at once: nothing gets a chance to put its affairs in order.
  await promisify(execFile)('pkill', ['-KILL', '-f', profile]).catch(() => undefined);
  await first.close().catch(() => undefined);

  const second = await launchBrowser({ microphone, profile });
  const { page: again } = await openRecorderPage(second, site);
  const recovered = await again.evaluate(async (token) => {
    const { createRecorder, httpTarget } = window.turntape;
    const target = httpTarget('/v1', { headers: () => ({ authorization: `Bearer ${token}` }) });
    const recorder = await createRecorder({ target });
    const [stored] = await recorder.sessions();
    if (!stored) throw new Error('Nothing was found.');
    const [segment] = stored.segments;
    const delivered = new Promise<void>((resolve) => {
      const look = async (): Promise<void> => ((await recorder.outbox.items()).length === 0 ? resolve() : undefined);
      recorder.on('outbox', () => void look());
      void look();
    });
    await delivered;
    await recorder.dispose();
    return { session: stored.session, segment };
  }, server.token);
  await second.close();
  await site.close();
  await server.stop();

  expect(recovered.session).toMatchObject({ state: 'recovered', endReason: 'crash' });
  expect(recovered.segment).toMatchObject({ endReason: 'crash', speaker: 'user', isLast: true });
  // Pre-roll and what was spoken until the page saw it, less the 150 ms that may be missing.
  expect(recovered.segment?.durationMs).toBeGreaterThan(500 + spokenMs - 150);
  const [row] = await readRows<{ audio_url: string; duration_ms: number; end_reason: string }>(
    server.dataFolder,
    'select * from session_audio_segments where session_id = $1',
    [recovered.session.sessionId],
  );
  expect(row?.end_reason).toBe('crash');
  const audio = await decodeAudio(join(server.dataFolder, row?.audio_url ?? ''));
  expect(row?.duration_ms).toBeCloseTo((audio.samples.length / audio.sampleRate) * 1000, 6);
  await rm(profile, { recursive: true, force: true });
});
