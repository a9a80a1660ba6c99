import { expect, test } from '@playwright/test';
import type { Gap, GapEvent, Segment } from 'turntape';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

/** A tone is at zero for one sample at a time: two in a row are silence. */
function silent(pcm: readonly number[], at: number): boolean {
  return pcm[at] === 0 && (pcm[at + 1] ?? 0) === 0;
}

/** Where a frame of the capture clock lies in the segment's audio: behind the silence for which the machine stood still. */
function placeIn({ startFrame, clockRate, gaps }: Segment, frame: number): number {
  const toFrames = (ms: number): number => Math.round((ms / 1000) * clockRate);
  const passed = (place: number, { startMs, endMs }: Gap): number =>
    place >= toFrames(startMs) ? place + toFrames(endMs - startMs) : place;
  return gaps.reduce(passed, frame - startFrame);
}

const frames = ({ startFrame, endFrame }: Segment): number => endFrame - startFrame;

/** No silence begins anywhere in [start, end), but where the machine stood still. */
function sounds({ gaps, clockRate }: Segment, pcm: readonly number[], start: number, end: number): boolean {
  const stoodStill = (at: number): boolean =>
    gaps.some(({ startMs, endMs }) => at >= (startMs / 1000) * clockRate - 2 && at <= (endMs / 1000) * clockRate + 1);
  return !pcm.slice(start, end).some((_, index) => silent(pcm, start + index) && !stoodStill(start + index));
}

/** The real tap, engine and database, with a tone that never stops in the place of a microphone. */
test('[MODE-3] [MUTE-4] [REDACT-13] push-to-talk, mute, redaction and continuous turns in a real session', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);

  const result = await page.evaluate(async () => {
    const { createRecorder } = window.turntape;
    const room = new AudioContext();
    const microphone = room.createMediaStreamDestination();
    const tone = new OscillatorNode(room, { frequency: 440 });
    tone.connect(microphone);
    tone.start();
    // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
    const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    const options = { consent: 'granted', format: 'wav', sampleRate: 'native', microphone: microphone.stream } as const;

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

    const byKey = await createRecorder({ ...options, vad: false });
    const session = await byKey.startSession();
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
    const pcm = async (segmentId: string): Promise<number[]> => [
      ...new Int16Array((await byKey.readAudio(segmentId))?.slice(44) ?? new ArrayBuffer(0)),
    ];
    const spokenPcm = await pcm(spoken.segmentId);
    const fromMs = heard.atMs + 100;
    const redaction = await session.redact({ fromMs, toMs: fromMs + 150 });
    const redactedPcm = await pcm(spoken.segmentId);
    await session.stop();
    const [stored] = await byKey.sessions();
    await byKey.dispose();

    const always = await createRecorder({ ...options, turns: { mode: 'continuous', maxSegmentMs: 1000 } });
    const open = await always.startSession();
    const refused = await Promise.resolve()
      .then(() => open.user.startTurn())
      .then(
        () => undefined,
        (thrown: { code: string }) => thrown.code,
      );
    await passed(2400);
    await open.stop();
    const [all] = await always.sessions();
    const continuous = all?.segments ?? [];
    await always.dispose();
    const after = stored?.segments ?? [];
    const keys = { beforeKey, downAt, upAt, spoken, spokenPcm };
    return { ...keys, muted, heard, saidMuted, redaction, redactedPcm, gaps, fromMs, after, refused, continuous };
  });
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  const { spoken, spokenPcm, redactedPcm, muted, heard } = result;
  expect(result.beforeKey).toEqual([0, 0, 0]);
  expect(Math.abs(spoken.startedAt - result.downAt)).toBeLessThanOrEqual(20);
  expect(Math.abs(spoken.endedAt - result.upAt)).toBeLessThanOrEqual(20);
  expect(spoken).toMatchObject({ speechOnsetMs: 0, endReason: 'manual' });
  expect(withoutMachineGaps(result.gaps)).toEqual([]);

  expect([muted.muted, result.saidMuted, heard.muted]).toEqual([true, true, false]);
  const [from, to] = [placeIn(spoken, muted.frame), placeIn(spoken, heard.frame)];
  const toMs = (frames: number): number => (frames / spoken.clockRate) * 1000;
  expect(spoken.marks).toEqual([
    { startMs: expect.closeTo(toMs(from), 1), endMs: expect.closeTo(toMs(to), 1), kind: 'mute' },
  ]);
  expect(spokenPcm.slice(from, to).filter((sample) => sample !== 0)).toHaveLength(0);
  expect(sounds(spoken, spokenPcm, 0, from - 1)).toBe(true);
  expect(sounds(spoken, spokenPcm, to, spokenPcm.length)).toBe(true);

  expect(result.redaction.segments).toEqual([{ segmentId: spoken.segmentId, replaces: null }]);
  expect(redactedPcm).toHaveLength(spokenPcm.length);
  const hole = Math.round(((result.fromMs - heard.atMs) / 1000) * spoken.clockRate) + to;
  const holeEnd = hole + Math.round(0.15 * spoken.clockRate);
  expect(redactedPcm).toEqual(spokenPcm.map((sample, at) => (at >= hole && at < holeEnd ? 0 : sample)));
  expect(result.after).toHaveLength(1);
  expect(result.after[0]?.sha256).not.toBe(spoken.sha256);
  expect(result.after[0]?.marks.map((mark) => mark.kind)).toEqual(['mute', 'redaction']);

  expect(result.refused).toBe('invalid_argument');
  expect(result.continuous.map((segment) => segment.part)).toEqual([1, 2, 3]);
  // The next one begins in the epoch that followed, where the machine stood still: there the clock had not gone on.
  for (const [index, segment] of result.continuous.slice(1).entries())
    expect(placeIn(result.continuous[index]!, segment.startFrame)).toBe(frames(result.continuous[index]!));
});
