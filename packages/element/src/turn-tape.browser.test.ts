import { TurntapeError } from 'turntape';
import { afterEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import './define.ts';
import { SESSION_EVENT_NAMES } from './session-news.ts';
import { inside, mount, mountRunning, rows, text } from './testing/mount.ts';
import { DEVICES, ScriptedRecorder } from './testing/scripted-recorder.ts';
import { asSession } from './testing/scripted-session.ts';
import { toneWav } from './testing/tone.ts';
import { TurnTape } from './turn-tape.ts';

afterEach(() => {
  document.body.replaceChildren();
});

test('[FACE-4] every event of the session is told again under its own name, bubbling and composed, except error', async () => {
  const heard: string[] = [];
  const { element, session } = await mountRunning();
  for (const name of SESSION_EVENT_NAMES) document.body.addEventListener(name, () => heard.push(name));
  let error: unknown;
  element.addEventListener('error', (event) => (error = (event as Event as CustomEvent).detail.error));

  const turn = session.startTurn('t1', 'bot', 0);
  session.cut(turn, 100, 200);
  session.keep(turn, 's1');
  const vad = { turnId: 't', epoch: 0, onsetFrame: 0, decisionFrame: 0, endFrame: 0, misfire: false, doubtful: false };
  const start = { ...vad, knownFrame: 0, echoLikelihood: 0 };
  session.emit('client_vad_start', { ...start, message: { type: 'client_vad_start', timestamp: 1 } });
  session.emit('client_vad_stop', { ...vad, message: { type: 'client_vad_stop', timestamp: 2 } });
  session.emit('segment-sent', { segmentId: 's1' });
  session.emit('segment-acknowledged', { segmentId: 's1', audioUrl: undefined });
  const thrown = new TurntapeError('network', 'gone');
  session.emit('segment-rejected', { segmentId: 's1', error: thrown });
  session.emit('segment-discarded', { turnId: 't1', speaker: 'bot', reason: 'empty' });
  session.emit('level', { speaker: 'bot', rmsDb: -30, peakDb: -20, atMs: 10 });
  session.say(turn, 'Hello.');
  session.emit('microphone', { state: 'live', label: 'a microphone' });
  session.emit('gap', { startMs: 0, endMs: 1, cause: 'blocks_lost', speaker: undefined });
  const silent = { turnId: 't1', externalId: null, fromMs: 0, toMs: 1, cause: 'words_without_sound' } as const;
  session.emit('integrity', { ...silent, speaker: 'bot' });
  session.emit('mute', { muted: true, epoch: 0, frame: 0, atMs: 0 });
  session.emit('deafen', { deafened: true, epoch: 0, frame: 0, atMs: 0 });
  session.emit('volume', { volume: 1, epoch: 0, frame: 0, atMs: 0 });
  session.emit('low-space', { usageBytes: 9, quotaBytes: 10, freeBytes: 1, bytesPerMinute: 0, minutesLeft: null });
  session.emit('redaction', { fromMs: 0, toMs: 1, segments: [], missing: [] });
  session.emit('idle', { idleMs: 1000 });
  session.emit('session-kept', { segments: [] });
  session.emit('track-empty', { speaker: 'bot' });
  session.emit('state', { state: 'suspended' });
  session.emit('error', { error: thrown });

  expect(new Set(heard)).toEqual(new Set(SESSION_EVENT_NAMES.filter((name) => name !== 'error')));
  expect(error).toBe(thrown);
});

test('[FACE-4] session-start hands over the session before anyone else can miss its first event', async () => {
  const { element, recorder } = await mount();
  let handed: unknown;
  document.body.addEventListener('session-start', (event) => (handed = (event as CustomEvent).detail.session), {
    once: true,
  });
  const session = await element.start({ metadata: { topic: 'test' } });
  expect(handed).toBe(session);
  expect(element.session).toBe(asSession(recorder.last));
  expect(recorder.requests[0]).toMatchObject({ metadata: { topic: 'test' } });
});

test('[FACE-5] with consent required nothing starts before the gate was passed, and the record names subject and version', async () => {
  const { element, recorder } = await mount((it) => {
    it.consent = 'required';
    it.subject = 'ada';
    it.consentVersion = '7';
    it.innerHTML = '<p slot="consent">Our own words.</p>';
  });
  expect(element.phase).toBe('consent');
  expect(inside(element, '[part~="start-button"]')).toHaveLength(0);
  await expect.element(page.getByText('Our own words.')).toBeVisible();

  await page.getByRole('button', { name: 'Agree and start' }).click();
  await expect.element(page.getByText('Recording', { exact: true })).toBeVisible();
  expect(recorder.consents).toEqual([{ subject: 'ada', textVersion: '7' }]);
  expect(element.getAttribute('phase')).toBe('recording');
});

test('[FACE-5] who agreed to another text, or somebody else, is asked again; what was recorded stays', async () => {
  const { element, recorder } = await mount((it) => (it.consent = 'required'));
  for (const change of [{ consentVersion: '2' }, { subject: 'grace' }]) {
    await element.grantConsent();
    expect(element.phase).toBe('idle');
    Object.assign(element, change);
    await element.updateComplete;
    expect(element.phase).toBe('consent');
  }
  expect(recorder.erased).toEqual([]);
});

test('[FACE-7] the whole of it can be done with the keyboard', async () => {
  const { element, recorder } = await mount((it, its) => {
    it.consent = 'required';
    // One loudspeaker is no choice.
    its.known = DEVICES.slice(0, 3);
  });
  const focused = (): string => {
    const node = element.shadowRoot?.activeElement;
    return node?.getAttribute('aria-label') ?? node?.textContent?.trim() ?? '';
  };
  const walk = async (): Promise<string> => {
    await userEvent.keyboard('{Tab}');
    return focused();
  };
  expect(await walk()).toBe('Agree and start');
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  const session = recorder.last;
  const turn = session.startTurn('t1', 'user', 0);
  session.endTurn(turn, 1500);
  session.keep(turn, 's1');
  recorder.files.set('s1', toneWav(8000));
  await element.updateComplete;

  const order: string[] = [];
  // The button of the gate is gone, and has passed the focus on.
  expect(focused()).toBe('Stop');
  for (let step = 0; step < 8; step += 1) order.push(await walk());
  expect(order).toEqual([
    'Mute',
    'Bot’s sound off',
    'Volume of the bot',
    'Microphone',
    'Turns',
    'Play turn 1, You, 1.5 s',
    'Save audio',
    'Save everything',
  ]);
  await userEvent.keyboard('{Shift>}{Tab}{Tab}{/Shift} ');
  await expect.element(page.getByRole('button', { name: 'Stop playing turn 1, You' })).toBeVisible();
  await userEvent.keyboard(' ');
  await expect.element(page.getByRole('button', { name: 'Play turn 1, You, 1.5 s' })).toBeVisible();
  // Up to Mute: pressed and pressed again.
  await userEvent.keyboard('{Shift>}{Tab}{Tab}{Tab}{Tab}{Tab}{/Shift} ');
  expect(session.muted).toBe(true);
  await userEvent.keyboard(' ');
  expect(session.muted).toBe(false);
  await userEvent.keyboard('{Shift>}{Tab}{/Shift}{Enter}');
  await expect.element(page.getByRole('button', { name: 'Start again' })).toBeVisible();
  // The question before erasing takes the focus and gives it back.
  for (let step = 0; step < 7; step += 1) await userEvent.keyboard('{Tab}');
  expect(focused()).toBe('Erase');
  await userEvent.keyboard('{Enter}');
  expect(focused()).toBe('Keep it');
  await userEvent.keyboard('{Escape}');
  expect(focused()).toBe('Erase');
  await userEvent.keyboard('{Enter}{Tab}{Enter}');
  await expect.poll(() => recorder.erased).toEqual([{ sessionId: session.sessionId, atTarget: true }]);
  await expect.poll(focused).toBe('Start');
});

test('[FACE-7] regions, meters, the list and the state have names and roles', async () => {
  const { element, session } = await mountRunning();
  const turn = session.startTurn('t1', 'user', 0);
  session.endTurn(turn, 1500);
  await element.updateComplete;
  await expect.element(page.getByRole('region', { name: 'Conversation recorder' })).toBeVisible();
  await expect.element(page.getByRole('group', { name: 'Levels' })).toBeVisible();
  const microphone = page.getByRole('meter', { name: 'Your microphone' }).element();
  // The meter falls back to silence by itself, so the level is told again until it is seen.
  await expect
    .poll(() => {
      session.emit('level', { speaker: 'user', rmsDb: -18.2, peakDb: -9, atMs: 200 });
      return microphone.getAttribute('aria-valuetext');
    })
    .toMatch(/^-\d+ dB$/);
  await expect
    .element(page.getByRole('meter', { name: 'The bot’s voice' }))
    .toHaveAttribute('aria-valuetext', 'silent');
  await expect.element(page.getByRole('status').filter({ hasText: 'Recording has begun.' })).toBeInTheDocument();
  await expect
    .element(page.getByRole('region', { name: 'Turns' }).getByRole('listitem'))
    .toHaveTextContent('You 1.5 s');
});

test('[FACE-9] texts are replaced one by one, the rest stays', async () => {
  const { element } = await mount((it) => {
    it.texts = { start: 'Aufnehmen', phase: { idle: 'Bereit' }, failures: { network: { what: 'Weg', wayOut: '' } } };
  });
  await expect.element(page.getByRole('button', { name: 'Aufnehmen' })).toBeVisible();
  await expect.element(page.getByText('Bereit')).toBeVisible();
  await element.start();
  await expect.element(page.getByRole('button', { name: 'Stop' })).toBeVisible();
});

test('[FACE-10] the name is registered once: loading the definition again changes nothing', async () => {
  const first = customElements.get('turn-tape');
  expect(first).toBe(TurnTape);
  // A second copy of the module, as a second bundle on the page would be.
  const again: unknown = await import(/* @vite-ignore */ new URL('./define.ts?again', import.meta.url).href);
  expect(again).toBeTruthy();
  expect(customElements.get('turn-tape')).toBe(first);
});

test('[FACE-10] properties that were set before the element was defined are taken over', async () => {
  const recorder = new ScriptedRecorder();
  const early = document.createElement('turn-tape-early');
  Object.assign(early, { recorder: recorder.asRecorder, consent: 'granted' });
  document.body.append(early);
  customElements.define('turn-tape-early', class extends TurnTape {});
  const element = early as TurnTape;
  await element.updateComplete;
  expect(element.recorder).toBe(recorder.asRecorder);
  await element.start();
  expect(recorder.sessions).toHaveLength(1);
});

test('[FACE-11] moved within the page it goes on; taken out for good it ends its session and lets go', async () => {
  const { element, recorder, session } = await mountRunning();
  const elsewhere = document.body.appendChild(document.createElement('div'));
  elsewhere.append(element);
  // Whatever a move could set going has run by the time of the next frame.
  await new Promise((resolve) => requestAnimationFrame(resolve));
  expect(session.state).toBe('recording');
  session.startTurn('t1', 'user', 0);
  await element.updateComplete;
  expect(rows(element)).toHaveLength(1);

  // Some frameworks take it out in one step and put it back in the next; and there is a move that takes nothing out.
  element.remove();
  await Promise.resolve();
  document.body.append(element);
  await new Promise((resolve) => requestAnimationFrame(resolve));
  (elsewhere as { moveBefore?: (node: Node, before: null) => void }).moveBefore?.(element, null);
  await new Promise((resolve) => requestAnimationFrame(resolve));
  expect(session.state).toBe('recording');
  session.emit('level', { speaker: 'user', rmsDb: -20, peakDb: -10, atMs: 2600 });
  await expect.poll(() => text(inside(element, '[part~="clock"]')[0])).toBe('0:02');

  element.remove();
  await expect.poll(() => session.state).toBe('ended');
  await expect.poll(() => session.listenerCount + recorder.listenerCount).toBe(0);
  // The page gave this recorder: closing it is not ours.
  expect(recorder.disposed).toBe(false);
});

test('[FACE-11] put back while it still lets go, it begins anew and hears what comes', async () => {
  const { element, recorder, session } = await mountRunning();
  const ends = new EventTarget();
  const stop = session.stop.bind(session);
  session.stop = () => new Promise((resolve) => ends.addEventListener('now', () => resolve(stop())));
  element.remove();
  await expect.poll(() => element.phase).toBe('stopping');
  document.body.append(element);
  await element.updateComplete;
  ends.dispatchEvent(new Event('now'));
  await expect.poll(() => session.state).toBe('ended');
  await expect.poll(() => recorder.listenerCount).toBeGreaterThan(0);
  await element.start();
  expect(recorder.sessions).toHaveLength(2);
  expect(element.phase).toBe('recording');
});
