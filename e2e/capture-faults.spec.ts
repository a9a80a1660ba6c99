import { expect, test } from '@playwright/test';
import type { GapEvent, MicrophoneEvent, Recorder, Segment, Session, SessionRunState } from 'turntape';
import { launchBrowser } from './support/launch-browser.ts';
import { noiseMicrophone } from './support/noise-microphone.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { engineWorker } from './support/ruler-session.ts';

/** What the page keeps between the faults. */
interface Faults {
  session: Session;
  recorder: Recorder;
  gaps: GapEvent[];
  microphone: MicrophoneEvent[];
  states: SessionRunState[];
  errors: string[];
  segments: Segment[];
  opened: MediaStreamTrack[];
  airTrack: MediaStreamTrack;
  marks: Record<string, number>;
  wait(milliseconds: number): Promise<void>;
  /** Settles with the next gap of this cause. */
  gap(cause: GapEvent['cause']): Promise<void>;
  said(state: MicrophoneEvent['state']): Promise<void>;
  choose(device: number): Promise<void>;
  /** The page's own microphone, which can fall silent. */
  air: MediaStream;
  silence(silent: boolean): void;
  deny(denied: boolean): void;
  leap(byMs: number): Promise<void>;
}

declare global {
  interface Window {
    faults: Faults;
  }
}

/** Longer than the worklets hold: see `core/messages/credits.ts`. */
const STALL_MS = 11_500;

/** Faults that are switched on one after the other, all in one session and one turn of the user. */
for (const [title, stalls] of [
  // LOSS-10 has a stall in every run: it takes longer than all the others.
  ['[LOSS-7] all but one of ten faults in one turn give their right entries, and no invented ones', false],
  ['[LOSS-7] ten faults in one turn give their right entries, and no invented ones @long', true],
] as const)
  test(title, () => harm(stalls));

async function harm(stalls: boolean): Promise<void> {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  await page.evaluate(startFaults);
  const inPage = (fault: () => Promise<void>): Promise<void> => page.evaluate(fault);

  await inPage(async function anotherDevice() {
    await window.faults.choose(1);
    await window.faults.wait(800);
  });
  await inPage(async function trackEnded() {
    const { faults } = window;
    faults.marks['lost'] = performance.now();
    const back = faults.said('live');
    const told = faults.gap('microphone_lost');
    faults.opened.at(-1)?.stop();
    await back;
    faults.marks['replaced'] = performance.now();
    await told;
  });
  await inPage(async function contextSuspended() {
    const { faults } = window;
    const told = faults.gap('context_suspended');
    await faults.session.audioContext.suspend();
    await faults.wait(1000);
    await faults.session.resume();
    await told;
  });
  await inPage(async function contextInterrupted() {
    const { faults } = window;
    const told = faults.gap('context_interrupted');
    // Chromium has no such state, so the word is put in its mouth.
    const context = faults.session.audioContext;
    Object.defineProperty(context, 'state', { configurable: true, get: () => 'interrupted' });
    await context.suspend();
    await faults.wait(800);
    await context.resume();
    delete (context as { state?: unknown }).state;
    context.dispatchEvent(new Event('statechange'));
    await told;
  });
  await inPage(async function processorThrows() {
    const { faults } = window;
    const told = faults.gap('worklet_failed');
    await faults.session.audioContext.audioWorklet.addModule('./throw-once.worklet.js');
    await told;
    await faults.wait(300);
  });
  await inPage(async function trackMuted() {
    const { faults } = window;
    await faults.session.setMicrophone(faults.air);
    await faults.wait(800);
    const told = faults.gap('microphone_muted');
    faults.silence(true);
    Object.defineProperty(faults.airTrack, 'muted', { configurable: true, value: true });
    faults.airTrack.dispatchEvent(new Event('mute'));
    await faults.wait(700);
    Object.defineProperty(faults.airTrack, 'muted', { configurable: true, value: false });
    faults.silence(false);
    faults.airTrack.dispatchEvent(new Event('unmute'));
    await told;
  });
  await inPage(async function inputSilent() {
    const { faults } = window;
    const told = faults.gap('input_silent');
    faults.marks['silenced'] = performance.now();
    const heard = faults.said('silent');
    faults.silence(true);
    await heard;
    faults.marks['silent'] = performance.now();
    await faults.wait(300);
    faults.silence(false);
    await told;
  });
  await inPage(async function clockLeaps() {
    for (const byMs of [5000, -5000]) {
      const told = window.faults.gap('clock_jump');
      await window.faults.leap(byMs);
      await told;
    }
  });
  await inPage(async function permissionTakenBack() {
    const { faults } = window;
    await faults.choose(0);
    await faults.wait(800);
    const told = faults.gap('microphone_denied');
    const lost = faults.said('lost');
    faults.deny(true);
    faults.opened.at(-1)?.stop();
    await lost;
    await faults.wait(600);
    await faults.session.setMicrophone(faults.air);
    await told;
  });

  // Of the user: our player is let go of as well, silent as it is.
  if (stalls) {
    const stalled = page.evaluate(() => window.faults.gap('engine_stall'));
    await engineWorker(browser).evaluate((milliseconds) => {
      const until = performance.now() + milliseconds;
      while (performance.now() < until);
    }, STALL_MS);
    await stalled;
    await page.evaluate(() => window.faults.wait(1000));
  }
  const crashed = page.evaluate(() => window.faults.gap('engine_crash'));
  await engineWorker(browser).evaluate(() => self.close());
  await crashed;
  const result = await page.evaluate(endFaults);
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  const { gaps, marks } = result;
  // Clocks that stood still or leapt are missing on both tracks, the rest on the one that it happened to.
  const byTrack = gaps.map(({ cause, speaker }) => `${cause} ${speaker ?? 'both'}`);
  // A change of microphone misses nothing, or the seam: its length is looked at below.
  const entries = byTrack.filter((entry) => entry !== 'microphone_changed user');
  expect(entries.filter((entry) => !entry.endsWith(' bot'))).toEqual([
    'microphone_lost user',
    'context_suspended both',
    'context_interrupted both',
    'worklet_failed user',
    'microphone_muted user',
    'input_silent user',
    'clock_jump both',
    'clock_jump both',
    'microphone_denied user',
    ...(stalls ? ['engine_stall user'] : []),
    expect.stringMatching(/^engine_crash (user|both)$/),
  ]);
  expect(entries.filter((entry) => entry.endsWith(' bot') && !entry.startsWith('playback_underrun'))).toEqual([
    'worklet_failed bot',
    ...(stalls ? ['engine_stall bot'] : []),
  ]);
  const lengths = (cause: string): number[] =>
    gaps.filter((gap) => gap.cause === cause).map((gap) => gap.endMs - gap.startMs);
  // The one before is heard until the next one sounds.
  for (const length of lengths('microphone_changed')) expect(length).toBeLessThanOrEqual(100);
  expect(lengths('microphone_lost')[0]).toBeLessThanOrEqual(1000);
  // The ranges are those of the frames, so they are as long as the fault was switched on, and then some for the switch.
  expect(Math.abs((lengths('context_suspended')[0] ?? 0) - 1000)).toBeLessThan(400);
  expect(Math.abs((lengths('context_interrupted')[0] ?? 0) - 800)).toBeLessThan(400);
  expect(Math.abs((lengths('microphone_muted')[0] ?? 0) - 700)).toBeLessThan(400);
  expect(Math.abs((lengths('clock_jump')[0] ?? 0) - 5000)).toBeLessThan(100);
  expect(lengths('clock_jump')[1]).toBe(0);
  for (const length of lengths('worklet_failed')) expect(length).toBeLessThan(300);
  for (const length of lengths('engine_stall')) expect(Math.abs(length - (STALL_MS - 10_680))).toBeLessThan(400);
  for (const length of lengths('engine_crash')) expect(length).toBeLessThan(100);

  // Told in time: within a second that the device was replaced, within three of silence that it is silent.
  expect((marks['replaced'] ?? 0) - (marks['lost'] ?? 0)).toBeLessThan(1000);
  expect((marks['silent'] ?? 0) - (marks['silenced'] ?? 0)).toBeLessThan(3000);
  expect(result.microphone.map(({ state }) => state)).toEqual([
    'live',
    'lost',
    'live',
    'live',
    'muted',
    'live',
    'silent',
    'live',
    'live',
    'lost',
    'live',
  ]);
  expect(result.states).toEqual(['suspended', 'recording', 'interrupted', 'recording', 'stopping', 'ended']);
  expect(result.errors).toEqual(['worklet_failed', 'worklet_failed', 'microphone_denied', 'engine_restarted']);

  // One turn with the key down, two parts, with every loss of its own track in its own time.
  const { segments, stats } = result;
  expect(segments.map(({ part, endReason }) => [part, endReason])).toEqual([
    [1, 'crash'],
    [2, 'manual'],
  ]);
  const lost = gaps.filter(({ speaker, startMs, endMs }) => speaker !== 'bot' && endMs > startMs);
  expect(
    segments
      .flatMap((segment) => segment.gaps.filter(({ startMs, endMs }) => endMs > startMs))
      .map(({ cause }) => cause),
  ).toEqual(lost.map(({ cause }) => cause));
  for (const segment of segments)
    for (const { startMs, endMs } of segment.gaps) {
      expect(startMs).toBeGreaterThanOrEqual(0);
      expect(endMs).toBeLessThanOrEqual(segment.durationMs);
    }
  expect(JSON.stringify(segments)).not.toMatch(/deviceId|groupId|device_id|group_id/);
  expect(stats.gaps).toEqual(gaps);
  // The first, and one for each time the clock stood still or leapt.
  expect(stats.epochs).toHaveLength(5);
  expect(stats.capturedFrames.user).toBeGreaterThan(0);
  expect(stats.microphone?.deliveredFrames).toBeGreaterThan(0);
  // What we opened is stopped, what the page gave us is not.
  expect(result.tracks).toEqual(result.tracks.map(() => 'ended'));
  expect(result.air).toBe('live');
}

/** Runs in the page: a session with a key held down, and every switch that the faults need. */
async function startFaults(): Promise<void> {
  // A microphone of the page's own making: quiet noise.
  const room = new AudioContext();
  const buffer = room.createBuffer(1, room.sampleRate * 2, room.sampleRate);
  buffer.getChannelData(0).forEach((_, at, samples) => (samples[at] = 0.01 + Math.random() * 0.1));
  const noise = new AudioBufferSourceNode(room, { buffer, loop: true });
  const air = room.createMediaStreamDestination();
  noise.connect(air);
  noise.start();
  const [airTrack] = air.stream.getAudioTracks() as [MediaStreamTrack];

  // The tracks that the recorder opens, so that they can be stopped; and a switch for the permission.
  const opened: MediaStreamTrack[] = [];
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let denied = false;
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (denied) throw new DOMException('taken back', 'NotAllowedError');
    const stream = await ask(constraints);
    opened.push(...stream.getAudioTracks());
    return stream;
  };

  const recorder = await window.turntape.createRecorder({
    consent: 'granted',
    format: 'wav',
    vad: false,
    microphone: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  await recorder.devices.setMicrophone(air.stream);
  const session = await recorder.startSession();
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
  const next = <Event>(listen: (listener: (event: Event) => void) => () => void, is: (event: Event) => boolean) =>
    new Promise<void>((resolve) => {
      const off = listen((event) => {
        if (!is(event)) return;
        off();
        resolve();
      });
    });
  const faults: Faults = {
    session,
    recorder,
    opened,
    airTrack,
    air: air.stream,
    gaps: [],
    microphone: [],
    states: [],
    errors: [],
    segments: [],
    marks: {},
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    gap: (cause) =>
      next<GapEvent>(
        (listener) => session.on('gap', listener),
        (event) => event.cause === cause && event.speaker !== 'bot',
      ),
    said: (state) =>
      next<MicrophoneEvent>(
        (listener) => session.on('microphone', listener),
        (event) => event.state === state,
      ),
    choose: async (device) => {
      const devices = await recorder.devices.list();
      const inputs = devices.filter(({ kind, deviceId }) => kind === 'input' && deviceId !== 'default');
      await session.setMicrophone({ deviceId: inputs[device]?.deviceId ?? '' });
    },
    silence: (silent) => {
      if (silent) noise.disconnect();
      else noise.connect(air);
    },
    deny: (now) => (denied = now),
    leap: async (byMs) => {
      // Everywhere at once, as a system's clock does.
      const { now } = Date;
      Date.now = () => now() + byMs;
      await session.audioContext.audioWorklet.addModule(`./clock-jump.worklet.js?by=${byMs}`);
    },
  };
  session.on('gap', (event) => faults.gaps.push(event));
  session.on('microphone', (event) => faults.microphone.push(event));
  session.on('state', ({ state }) => faults.states.push(state));
  session.on('error', ({ error }) => faults.errors.push(error.code));
  session.on('segment-kept', ({ segment }) => faults.segments.push(segment));
  window.faults = faults;
  await faults.wait(500);
  session.user.startTurn();
  await faults.wait(500);
}

/** Runs in the page: lets go of the key and gathers everything. */
async function endFaults() {
  const { session, recorder, opened, airTrack, segments, gaps, microphone, states, errors, marks } = window.faults;
  await window.faults.wait(500);
  const stats = await session.stats();
  session.user.endTurn();
  await session.stop();
  await recorder.dispose();
  const tracks = opened.map((track) => track.readyState);
  return { gaps, microphone, states, errors, marks, segments, stats, tracks, air: airTrack.readyState };
}
