import { type Page, expect, test } from '@playwright/test';
import type { GapEvent, Segment } from 'turntape';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

declare global {
  interface Window {
    /** A tone that never stops. */
    tone: MediaStream;
  }
}

/** Runs in the page. */
function startTone(): void {
  const room = new AudioContext();
  const microphone = room.createMediaStreamDestination();
  const tone = new OscillatorNode(room, { frequency: 440 });
  tone.connect(microphone);
  tone.start();
  window.tone = microphone.stream;
}

/**
 * The real tap, engine and database, with a tone that never stops in the place of a microphone. What is claimed is exact to
 * the sample, and a machine that stands still puts silence into the tone, which nobody can tell from a mute: such a
 * conversation is held anew, in a new browser, until the machine has let one pass. A fault of ours is in each of them.
 */
async function whileTheMachineRuns(converse: (page: Page) => Promise<void>): Promise<void> {
  const site = await openSite();
  await expect(async () => {
    const browser = await launchBrowser({ microphone: 'absent' });
    try {
      const { page, troubles } = await openRecorderPage(browser, site);
      await page.evaluate(startTone);
      await converse(page);
      expect(troubles).toEqual([]);
    } finally {
      await browser.close();
    }
  }).toPass({ timeout: 100_000, intervals: [0] });
  await site.close();
}

/** A tone is at zero for one sample at a time: two in a row are silence. */
const sounds = (pcm: readonly number[]): boolean => !pcm.some((sample, at) => sample === 0 && pcm[at + 1] === 0);

test('[MODE-3] [MUTE-4] [REDACT-13] push-to-talk, mute and redaction in a real session', () =>
  whileTheMachineRuns(async (page) => {
    const result = await page.evaluate(async () => {
      const { createRecorder } = window.turntape;
      // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
      const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

      // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
      const counts = async (): Promise<number[]> => {
        const db = await new Promise<IDBDatabase>((resolve, reject) => {
          const request = indexedDB.open('turntape');
          request.addEventListener('success', () => resolve(request.result));
          request.addEventListener('error', () => reject(new Error('the database could not be read')));
        });
        const tx = db.transaction(['segments', 'chunks', 'audio']);
        const requests = ['segments', 'chunks', 'audio'].map((name) => tx.objectStore(name).count());
        await new Promise((resolve) => tx.addEventListener('complete', resolve));
        db.close();
        return requests.map((request) => request.result);
      };

      const recorder = await createRecorder({
        consent: 'granted',
        format: 'wav',
        sampleRate: 'native',
        microphone: window.tone,
        vad: false,
      });
      const session = await recorder.startSession();
      const gaps: GapEvent[] = [];
      session.on('gap', (gap) => gaps.push(gap));
      await passed(600);
      const beforeKey = await counts();
      const kept = new Promise<Segment>((resolve) => session.on('segment-kept', ({ segment }) => resolve(segment)));
      const downAt = Date.now();
      session.user.startTurn();
      await passed(500);
      const muted = await session.mute();
      const saidMuted = session.muted;
      await passed(300);
      const heard = await session.unmute();
      await passed(400);
      const upAt = Date.now();
      session.user.endTurn();
      const spoken = await kept;
      const pcm = async (): Promise<number[]> => [
        ...new Int16Array((await recorder.readAudio(spoken.segmentId))?.slice(44) ?? new ArrayBuffer(0)),
      ];
      const spokenPcm = await pcm();
      const fromMs = heard.atMs + 100;
      const redaction = await session.redact({ fromMs, toMs: fromMs + 150 });
      const redactedPcm = await pcm();
      await session.stop();
      const [stored] = await recorder.sessions();
      await recorder.dispose();
      const after = stored?.segments ?? [];
      const keys = { beforeKey, downAt, upAt, spoken, spokenPcm };
      return { ...keys, muted, heard, saidMuted, redaction, redactedPcm, gaps, fromMs, after };
    });

    const { spoken, spokenPcm, redactedPcm, muted, heard } = result;
    expect(result.beforeKey).toEqual([0, 0, 0]);
    expect(Math.abs(spoken.startedAt - result.downAt)).toBeLessThanOrEqual(20);
    expect(Math.abs(spoken.endedAt - result.upAt)).toBeLessThanOrEqual(20);
    expect(spoken).toMatchObject({ speechOnsetMs: 0, endReason: 'manual', gaps: [] });
    expect(result.gaps).toEqual([]);

    expect([muted.muted, result.saidMuted, heard.muted]).toEqual([true, true, false]);
    const [from, to] = [muted.frame - spoken.startFrame, heard.frame - spoken.startFrame];
    const toMs = (frames: number): number => (frames / spoken.clockRate) * 1000;
    expect(spoken.marks).toEqual([
      { startMs: expect.closeTo(toMs(from), 1), endMs: expect.closeTo(toMs(to), 1), kind: 'mute' },
    ]);
    expect(spokenPcm.slice(from, to).filter((sample) => sample !== 0)).toHaveLength(0);
    expect(sounds(spokenPcm.slice(0, from))).toBe(true);
    expect(sounds(spokenPcm.slice(to))).toBe(true);

    expect(result.redaction.segments).toEqual([{ segmentId: spoken.segmentId, replaces: null }]);
    expect(redactedPcm).toHaveLength(spokenPcm.length);
    const hole = Math.round(((result.fromMs - heard.atMs) / 1000) * spoken.clockRate) + to;
    const holeEnd = hole + Math.round(0.15 * spoken.clockRate);
    expect(redactedPcm).toEqual(spokenPcm.map((sample, at) => (at >= hole && at < holeEnd ? 0 : sample)));
    expect(result.after).toHaveLength(1);
    expect(result.after[0]?.sha256).not.toBe(spoken.sha256);
    expect(result.after[0]?.marks.map((mark) => mark.kind)).toEqual(['mute', 'redaction']);
  }));

test('[MODE-1] the parts of a continuous turn of a real session follow one another, frame to frame', () =>
  whileTheMachineRuns(async (page) => {
    const { refused, continuous } = await page.evaluate(async () => {
      const { createRecorder } = window.turntape;
      const recorder = await createRecorder({
        consent: 'granted',
        format: 'wav',
        sampleRate: 'native',
        microphone: window.tone,
        turns: { mode: 'continuous', maxSegmentMs: 1000 },
      });
      const session = await recorder.startSession();
      const refused = await Promise.resolve()
        .then(() => session.user.startTurn())
        .then(
          () => undefined,
          (thrown: { code: string }) => thrown.code,
        );
      await new Promise<void>((resolve) =>
        session.on('level', ({ speaker, atMs }) => speaker === 'user' && atMs >= 2400 && resolve()),
      );
      await session.stop();
      const [all] = await recorder.sessions();
      await recorder.dispose();
      return { refused, continuous: all?.segments ?? [] };
    });
    expect(refused).toBe('invalid_argument');
    expect(continuous.map(({ part }) => part)).toEqual([1, 2, 3]);
    expect(continuous.flatMap(({ gaps }) => gaps)).toEqual([]);
    for (const [index, { startFrame }] of continuous.slice(1).entries())
      expect(startFrame).toBe(continuous[index]?.endFrame);
  }));
