import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Page, expect, test } from '@playwright/test';
import type { Site } from './fixtures/serve.mjs';
import { browserKiller } from './support/kill-browser.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { decodeAudio } from './support/read-audio.ts';
import { readRows } from './support/read-rows.ts';
import { type TestServer, startServer } from './support/start-server.ts';
import {
  type KeptTurn,
  type TalkMoment,
  type TalkOptions,
  faultsOf,
  missingMs,
  readTalk,
  startAgain,
  startTalk,
  talkedFor,
} from './support/talk.ts';

/** When the browser is killed. */
type Moment = 'running' | 'stopping' | 'recovering';

interface Plan extends TalkOptions {
  moment: Moment;
  /** 0 … 1: how far into the time in which it may happen. */
  at: number;
}

/** What a kill came to. */
interface Outcome {
  plan: Plan;
  /** At most so much of each open turn. */
  missing: { user: number | undefined; bot: number | undefined };
  turns: KeptTurn[];
}

interface Scene {
  profile: string;
  site: Site;
  server: TestServer;
}

/** A conversation runs for so long beyond its first turns, at most. */
const RUNS_MS = 4000;
/** A stop, and a recovery, are over within this, as a rule. */
const STOPS_MS = 250;
const RECOVERS_MS = 400;
/** Both looks at a conversation take a few milliseconds. A machine that takes longer stands still for a moment. */
const LOOKS_MS = 100;

/** The newest moment that the page knew of, and what it had been told was kept. */
interface Seen {
  moment: TalkMoment;
  kept: Record<string, string>;
}

const look = (page: Page): Promise<Seen> =>
  page.evaluate(() => ({ moment: window.talk.now(), kept: { ...window.talk.kept } }));

/**
 * Looks at a conversation whose engine has time for it: it answers at once, and nothing waits for it in the worklets. Where a
 * machine has had none for it what is missing is the machine's. `at`: when it was looked at, by this process.
 */
async function lookInTime(page: Page): Promise<Seen & { at: number }> {
  for (;;) {
    const asked = performance.now();
    const waitingMs = await page.evaluate(async () => {
      const { user, bot } = (await window.talk.session.stats()).queues;
      return Math.max(user.waitingMs, bot.waitingMs);
    });
    const at = performance.now();
    const seen = await look(page);
    if (performance.now() - asked < LOOKS_MS && waitingMs < LOOKS_MS) return { ...seen, at };
  }
}

/** Talks, and is killed as the plan says. What it had heard by then, at most. */
async function talkAndDie({ profile, site }: Scene, plan: Plan): Promise<Seen> {
  const browser = await launchBrowser({ microphone: 'absent', profile });
  const { page } = await openRecorderPage(browser, site);
  const kill = await browserKiller(profile);
  await startTalk(page, plan);
  await talkedFor(page, plan.moment === 'running' ? plan.at * RUNS_MS : 300);
  if (plan.moment === 'stopping')
    await page.evaluate(() => {
      const moment = window.talk.now();
      Object.assign(window.talk, { now: () => moment });
      void window.talk.session.stop();
    });
  if (plan.moment !== 'stopping') {
    const seen = await lookInTime(page);
    kill();
    // What sounded between the look and the kill counts as if it had been captured.
    seen.moment.frame += Math.round((performance.now() - seen.at) * 48);
    await browser.close().catch(() => undefined);
    return seen;
  }
  const until = performance.now() + plan.at * STOPS_MS;
  let seen = await look(page);
  while (performance.now() < until) seen = await look(page);
  kill();
  await browser.close().catch(() => undefined);
  return seen;
}

/** Begins to recover, and is killed on the way. */
async function recoverAndDie({ profile, site }: Scene, at: number): Promise<void> {
  const browser = await launchBrowser({ microphone: 'absent', profile });
  const { page } = await openRecorderPage(browser, site);
  const kill = await browserKiller(profile);
  await page.evaluate(() => {
    const started = window.turntape.createRecorder({ vad: false });
    started.catch(() => undefined);
  });
  const until = performance.now() + at * RECOVERS_MS;
  while (performance.now() < until) await page.evaluate(() => performance.now());
  kill();
  await browser.close().catch(() => undefined);
}

/** Which file has which bytes. */
function hashes(list: readonly (readonly [string, string])[]): string[] {
  return list.map((pair) => pair.join(' ')).toSorted();
}

/** The next start: everything is there, is playable, and is delivered. */
async function expectRecovered({ profile, site, server }: Scene, plan: Plan, seen: Seen): Promise<Outcome> {
  const browser = await launchBrowser({ microphone: 'absent', profile });
  const { page } = await openRecorderPage(browser, site);
  await startAgain(page, server.token);
  const { session, turns } = await readTalk(page);
  await expect
    .poll(() => page.evaluate(async () => (await window.talk.recorder.outbox.items()).length), { timeout: 60_000 })
    .toBe(0);
  await page.evaluate(() => window.talk.recorder.dispose());
  await browser.close();

  const isOver = plan.moment === 'stopping' && session.state === 'ended';
  expect(session).toMatchObject(isOver ? { endReason: 'session_stop' } : { state: 'recovered', endReason: 'crash' });
  for (const [segmentId, sha256] of Object.entries(seen.kept))
    expect(turns.find((turn) => turn.segmentId === segmentId)?.hash, 'of an earlier turn').toBe(sha256);
  for (const turn of turns) expect(turn.hash).toBe(turn.sha256);
  const missing = {
    user: missingMs(turns, seen.moment, 'user'),
    bot: missingMs(turns, seen.moment, 'bot'),
  };
  return { plan, missing, turns };
}

/** The backend, which has been stopped, has every turn with its bytes; those that a crash left can be played to their end. */
async function expectDelivered({ dataFolder }: TestServer, { turns }: Outcome): Promise<void> {
  const rows = await readRows<{ segment_id: string; sha256: string; audio_url: string; duration_ms: number }>(
    dataFolder,
    'select segment_id, sha256, audio_url, duration_ms from session_audio_segments where session_id = $1',
    [turns[0]?.sessionId],
  );
  expect(hashes(rows.map((row) => [row.segment_id, row.sha256]))).toEqual(
    hashes(turns.map((turn) => [turn.segmentId, turn.hash])),
  );
  for (const { segmentId } of turns.filter(({ endReason }) => endReason === 'crash')) {
    const row = rows.find((each) => each.segment_id === segmentId);
    const { samples, sampleRate } = await decodeAudio(join(dataFolder, row?.audio_url ?? ''));
    expect(row?.duration_ms).toBeCloseTo((samples.length / sampleRate) * 1000, 6);
  }
}

/** One after the other, in one profile and against one server. */
async function killAll(plans: readonly Plan[]): Promise<Outcome[]> {
  const profile = await mkdtemp(join(tmpdir(), 'turntape-profile-'));
  await using server = await startServer();
  const site = await openSite({ server: server.url });
  const scene: Scene = { profile, site, server };
  const outcomes: Outcome[] = [];
  for (const plan of plans) {
    const seen = await talkAndDie(scene, plan);
    if (plan.moment === 'recovering') await recoverAndDie(scene, plan.at);
    outcomes.push(await expectRecovered(scene, plan, seen));
  }
  await site.close();
  await server.stop();
  await rm(profile, { recursive: true, force: true });
  for (const outcome of outcomes) await expectDelivered(server, outcome);
  for (const { plan, turns } of outcomes)
    if (plan.format === 'wav') expect.soft(turns.flatMap(faultsOf), JSON.stringify(plan)).toEqual([]);
  for (const { plan, missing } of outcomes)
    for (const speaker of ['user', 'bot'] as const)
      expect
        .soft(missing[speaker] ?? 0, `${JSON.stringify(plan)}: missing of the ${speaker}, in ms`)
        .toBeLessThanOrEqual(150);
  return outcomes;
}

test('[CRASH-1] [CRASH-2] [CRASH-3] a browser killed as both speak, while it stops, while it recovers: listed, intact, playable, 150 ms missing at most, delivered', async () => {
  // Seven browsers, one after the other.
  test.setTimeout(360_000);
  await killAll([
    { moment: 'running', at: 0.3, format: 'wav', sessionFile: true },
    { moment: 'stopping', at: 0.2, format: 'wav', encrypted: true },
    { moment: 'recovering', at: 0.5, format: 'opus' },
  ]);
});

test(
  '[CRASH-1] 30 kills at random moments of a running conversation, 5 while it stops, 5 while it recovers',
  { tag: '@long' },
  async () => {
    test.setTimeout(1_800_000);
    const outcomes = await killAll(
      Array.from({ length: 40 }, (_, index) => ({
        moment: index < 30 ? 'running' : index < 35 ? 'stopping' : 'recovering',
        at: Math.random(),
        format: index % 3 === 2 ? 'opus' : 'wav',
        encrypted: index % 4 === 1,
        sessionFile: index % 5 === 0,
      })),
    );
    for (const moment of ['running', 'stopping', 'recovering'] as const) {
      const of = outcomes.filter(({ plan }) => plan.moment === moment);
      const missing = of.flatMap((each) => [each.missing.user, each.missing.bot]).filter((ms) => ms !== undefined);
      const sorted = missing.toSorted((one, other) => one - other);
      const at = (part: number): string => (sorted[Math.floor((sorted.length - 1) * part)] ?? NaN).toFixed(0);
      const turns = of.reduce((sum, each) => sum + each.turns.length, 0);
      const figures = `min ${at(0)}, median ${at(0.5)}, p90 ${at(0.9)}, max ${at(1)}`;
      const counted = `${of.length} kills, ${sorted.length} open turns, ${turns} segments`;
      process.stdout.write(`${moment}: ${counted}; missing in ms: ${figures}\n`);
    }
  },
);

test('[CRASH-5] a session that another live tab holds is nobody else’s; once that tab is killed it is recovered there', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page } = await openRecorderPage(browser, site);
  await startTalk(page, { format: 'wav' });
  const other = await browser.newPage();
  await other.goto(`${site.url}/recorder.html`);
  await other.waitForFunction(() => 'turntape' in window);
  const stateSeen = async (): Promise<string> => {
    await startAgain(other);
    return other.evaluate(async () => {
      const [stored] = await window.talk.recorder.sessions();
      await window.talk.recorder.dispose();
      return stored?.session.state ?? 'none';
    });
  };
  expect(await stateSeen()).toBe('active');
  const seen = await lookInTime(page);
  const devtools = await browser.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  devtools.send('Page.crash').catch(() => undefined);
  await crashed;
  await expect.poll(stateSeen).toBe('recovered');
  await startAgain(other);
  const { session, turns } = await readTalk(other);
  await browser.close();
  await site.close();
  expect(session.endReason).toBe('crash');
  for (const speaker of ['user', 'bot'] as const)
    expect(missingMs(turns, seen.moment, speaker) ?? 0, speaker).toBeLessThanOrEqual(150);
  expect(turns.flatMap(faultsOf)).toEqual([]);
});
