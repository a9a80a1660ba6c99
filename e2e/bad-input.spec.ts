import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import type { Recorder, Session } from 'turntape';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser, type Microphone } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { readRows } from './support/read-rows.ts';
import { startServer } from './support/start-server.ts';

/** Bad input: each is a TurntapeError with a code that names the field, and nothing is lost by it. */

interface Failure {
  name: string;
  code: string;
  field: string | undefined;
}

/** Starts a recorder and a session in the page; what it throws, as data. */
function tryToRecord(page: Page, options: object, session: object = {}): Promise<Failure | undefined> {
  return page.evaluate(
    async ([options, session]) => {
      const { createRecorder, TurntapeError } = window.turntape;
      try {
        const recorder = await createRecorder({ consent: 'granted', ...options });
        await (await recorder.startSession(session)).stop();
        await recorder.dispose();
        return undefined;
      } catch (thrown) {
        if (!(thrown instanceof TurntapeError)) throw thrown;
        return { name: thrown.name, code: thrown.code, field: thrown.field };
      }
    },
    [options, session] as const,
  );
}

async function openPage(microphone: Microphone) {
  const site = await openSite();
  const browser = await launchBrowser({ microphone });
  return { site, browser, ...(await openRecorderPage(browser, site)) };
}

const spoken = async (): Promise<Microphone> => ({
  file: (await makeSpeech()).microphones['one-turn-48000']?.file ?? '',
});

for (const [microphone, code] of [
  ['denied', 'microphone_denied'],
  ['absent', 'microphone_not_found'],
] as const) {
  test(`[BAD-1] a microphone that is ${microphone} is said in a code`, async () => {
    const { page, browser, site } = await openPage(microphone);
    expect(await tryToRecord(page, {})).toMatchObject({ name: 'TurntapeError', code });
    await browser.close();
    await site.close();
  });
}

test('[BAD-2] bad options and ids are refused at the door, and a good start still follows', async () => {
  const { page, browser, site } = await openPage(await spoken());
  expect(await tryToRecord(page, { format: 'flac' })).toMatchObject({ code: 'unsupported_format', field: 'format' });
  expect(await tryToRecord(page, { sampleRate: 0 })).toMatchObject({ code: 'invalid_option', field: 'sampleRate' });
  expect(await tryToRecord(page, { consent: 'required' })).toMatchObject({ code: 'consent_required' });
  expect(await tryToRecord(page, {}, { sessionId: 'call-17' })).toMatchObject({
    code: 'invalid_session_id',
    field: 'sessionId',
  });
  expect(await tryToRecord(page, { assetBase: '/nowhere/' })).toMatchObject({
    code: 'asset_not_found',
    field: 'assetBase',
  });
  expect(await tryToRecord(page, {})).toBeUndefined();
  await browser.close();
  await site.close();
});

/** Records a turn and gives back the session, still waiting for its delivery. */
function recordOneTurn(page: Page, token: string): Promise<{ sessionId: string; asked: number; codes: string[] }> {
  return page.evaluate(async (token) => {
    const { createRecorder, httpTarget } = window.turntape;
    let asked = 0;
    Object.assign(window, { uploadToken: token });
    const headers = (): HeadersInit => {
      asked += 1;
      return { authorization: `Bearer ${Reflect.get(window, 'uploadToken')}` };
    };
    const recorder = await createRecorder({ consent: 'granted', vad: false, target: httpTarget('/v1', { headers }) });
    const codes: string[] = [];
    recorder.on('error', ({ error }) => codes.push(error.code));
    const session = await recorder.startSession();
    const kept = new Promise((resolve) => session.on('segment-kept', resolve));
    session.user.startTurn();
    await new Promise<void>((resolve) => session.on('level', ({ atMs }) => atMs > 500 && resolve()));
    session.user.endTurn();
    await kept;
    await session.stop();
    Object.assign(window, { recorder, session });
    const delivered = session.whenDelivered().then(() => undefined);
    const refused = new Promise((resolve) =>
      recorder.on('error', ({ error }) => error.code === 'unauthorized' && resolve(1)),
    );
    if (!codes.includes('unauthorized')) await Promise.race([delivered, refused]);
    return { sessionId: session.sessionId, asked, codes };
  }, token);
}

test('[BAD-3] a target that answers 500 and then 200 gets the segment once', async () => {
  const server = await startServer();
  const site = await openSite({ server: server.url });
  const browser = await launchBrowser({ microphone: await spoken() });
  const { page } = await openRecorderPage(browser, site);
  let posts = 0;
  await page.route('**/v1/segments', async (route) => {
    posts += 1;
    if (posts === 1) await route.fulfill({ status: 500, body: '{}' });
    else await route.continue();
  });
  const { sessionId, codes } = await recordOneTurn(page, server.token);
  await browser.close();
  await site.close();
  await server.stop();
  expect(posts).toBe(2);
  expect(codes).toEqual(['server_error']);
  const rows = await readRows(server.dataFolder, 'select * from session_audio_segments where session_id = $1', [
    sessionId,
  ]);
  expect(rows).toHaveLength(1);
});

test('[BAD-4] a refused token is asked for again; refused twice, the session waits and nothing is lost', async () => {
  const server = await startServer();
  const site = await openSite({ server: server.url });
  const browser = await launchBrowser({ microphone: await spoken() });
  const { page } = await openRecorderPage(browser, site);
  const { sessionId, codes, asked } = await recordOneTurn(page, 'stale');
  expect(codes).toContain('unauthorized');
  expect(asked).toBeGreaterThanOrEqual(2);
  const waiting = await page.evaluate(async (token) => {
    Object.assign(window, { uploadToken: token });
    const { recorder, session } = window as unknown as {
      recorder: Recorder;
      session: Session;
    };
    const pending = await recorder.outbox.pending();
    await recorder.outbox.retry(session.sessionId);
    await session.whenDelivered();
    return { pending, left: await recorder.outbox.pending() };
  }, server.token);
  await browser.close();
  await site.close();
  await server.stop();
  expect(waiting.pending).toBeGreaterThan(0);
  expect(waiting.left).toBe(0);
  const rows = await readRows(server.dataFolder, 'select * from session_audio_segments where session_id = $1', [
    sessionId,
  ]);
  expect(rows).toHaveLength(1);
});
