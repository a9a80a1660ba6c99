import { expect, test } from '@playwright/test';
import type { LogEntry, logEvents as LogEvents } from 'turntape/debug';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

const SECRET = 'my card is 4929';

test('[LOG-6] a conversation with a standstill and a backend that fails once is written down in order, and nothing that was said', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  const { entries, failed } = await page.evaluate(async (text) => {
    const address = new URL('/sdk/debug.js', location.href).href;
    const { logEvents } = (await import(address)) as { logEvents: typeof LogEvents };
    const { createRecorder, TurntapeError } = window.turntape;
    let tries = 0;
    const recorder = await createRecorder({
      consent: 'granted',
      microphone: false,
      vad: false,
      target: {
        send: async ({ segment_id, sha256, byte_size }) => {
          tries += 1;
          if (tries === 1) throw new TurntapeError('server_error', `not now: ${text}`, { retryable: true });
          return { segment_id, sha256, byte_size, audio_url: `https://store.example/?signature=${text}` };
        },
      },
    });
    const entries: LogEntry[] = [];
    const off = logEvents(recorder, { level: 'debug', to: (entry) => entries.push(entry) });
    // A log that breaks is told, and breaks nothing else.
    const failed: string[] = [];
    recorder.on('error', ({ error }) => failed.push(`${error.code} ${error.field}`));
    const broken = logEvents(recorder, {
      to: ({ event }) => {
        if (event === 'turn-start') throw new Error('this log is broken');
      },
    });
    const session = await recorder.startSession({ metadata: { note: text } });
    session.on('error', ({ error }) => failed.push(`${error.code} ${error.field}`));
    const state = (wanted: string) =>
      new Promise<void>((resolve) => session.on('state', (now) => now.state === wanted && resolve()));
    // Once its clock runs it stands still for as long as makes a gap.
    await new Promise<void>((resolve) => session.on('level', () => resolve()));
    const gap = new Promise<void>((resolve) =>
      session.on('gap', ({ cause }) => cause === 'context_suspended' && resolve()),
    );
    const [suspended, again] = [state('suspended'), state('recording')];
    await session.audioContext.suspend();
    await suspended;
    await new Promise((resolve) => setTimeout(resolve, 400));
    await session.resume();
    await Promise.all([again, gap]);
    const utterance = session.bot.begin();
    utterance.write(new Int16Array(9600).fill(3000), { sampleRate: 24_000 });
    utterance.end();
    await utterance.done;
    await session.transcripts.attach({ turnId: utterance.turnId, role: 'assistant', text });
    await session.stop();
    await session.whenDelivered();
    broken();
    off();
    await recorder.dispose();
    return { entries, failed };
  }, SECRET);
  await browser.close();
  await site.close();
  expect(troubles).toEqual([]);
  expect(failed).toContain('invalid_argument listener');
  expect(JSON.stringify(entries)).not.toContain(SECRET);

  const first = (event: string, also: (entry: LogEntry) => boolean = () => true): number =>
    entries.findIndex((entry) => entry.event === event && also(entry));
  const order = [
    first('session'),
    first('state', ({ facts }) => facts['state'] === 'suspended'),
    first('state', ({ facts }) => facts['state'] === 'recording'),
    first('turn-start'),
    first('turn-end'),
    first('segment-kept'),
    first('session-kept'),
    first('state', ({ facts }) => facts['state'] === 'ended'),
    first('segment-acknowledged'),
  ];
  expect(order).not.toContain(-1);
  // The page tells of the context, the engine of the gap: either may be first.
  const gap = first('gap', ({ facts }) => facts['cause'] === 'context_suspended');
  expect(gap).toBeGreaterThan(first('state'));
  // A delivery goes on beside the conversation: only its own order is sure.
  expect(order.slice(0, 8)).toEqual(order.slice(0, 8).toSorted((one, other) => one - other));
  const delivery = [
    first('segment-kept'),
    first('delivery-retry'),
    first('segment-sent'),
    first('segment-acknowledged'),
  ];
  expect(delivery).not.toContain(-1);
  expect(delivery).toEqual(delivery.toSorted((one, other) => one - other));
  const [{ sessionId } = { sessionId: undefined }] = entries;
  expect(new Set(entries.filter(({ area }) => area !== 'delivery').map((entry) => entry.sessionId))).toEqual(
    new Set([sessionId]),
  );
  expect(entries[first('delivery-retry')]).toMatchObject({
    level: 'warn',
    sessionId,
    facts: { kind: 'segment', attempt: 1, code: 'server_error', retryable: true },
  });
  // The clock of the sound, before and behind the standstill.
  const epochs = entries.filter(({ event }) => event === 'epochs').map(({ facts }) => facts['epochs']);
  expect(epochs.at(-1)).toBe(2);
});
