import { type SessionEvents, TurntapeError } from 'turntape';
import { afterEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import '../define.ts';
import { inside, mount, mountRunning, text } from '../testing/mount.ts';

afterEach(() => {
  document.body.replaceChildren();
});

async function mountKey() {
  const mounted = await mountRunning((element) => (element.pushToTalk = true));
  const [key] = inside(mounted.element, '[part~="talk-button"]');
  return { ...mounted, key: key!, asked: mounted.session.asked };
}

const pointer = (type: string, over: PointerEventInit = {}): PointerEvent =>
  new PointerEvent(type, { pointerId: 1, button: 0, bubbles: true, cancelable: true, pointerType: 'touch', ...over });

const key = (type: string, over: KeyboardEventInit = {}): KeyboardEvent =>
  new KeyboardEvent(type, { key: ' ', bubbles: true, cancelable: true, ...over });

test('[FACE-23] held by the mouse it talks, and let go anywhere it does not', async () => {
  const { element, asked } = await mountKey();
  await userEvent.hover(page.getByRole('button', { name: 'Hold to talk' }));
  await page.getByRole('button', { name: 'Hold to talk' }).click();
  expect(asked).toEqual(['startTurn', 'endTurn']);
  await element.updateComplete;
  await expect.element(page.getByRole('button', { name: 'Hold to talk' })).toHaveAttribute('aria-pressed', 'false');
});

test('[FACE-23] held by a key it talks once, without the page scrolling, until the key goes up', async () => {
  const { element, asked, key: button } = await mountKey();
  button.focus();
  await userEvent.keyboard('{ >}');
  await element.updateComplete;
  expect(button.getAttribute('aria-pressed')).toBe('true');
  expect(text(button)).toBe('Talking');
  // What the system repeats is no other turn.
  const repeated = key('keydown', { repeat: true });
  button.dispatchEvent(repeated);
  expect(repeated.defaultPrevented).toBe(true);
  await userEvent.keyboard('{/ }');
  expect(asked).toEqual(['startTurn', 'endTurn']);
});

test.for([
  ['the pointer is taken away', (button: Element) => button.dispatchEvent(pointer('pointercancel'))],
  ['its capture is lost', (button: Element) => button.dispatchEvent(pointer('lostpointercapture'))],
  ['the window loses the focus', () => window.dispatchEvent(new Event('blur'))],
] as const)('[FACE-23] %s: that ends the turn, once', async ([, lose]) => {
  const { asked, key: button } = await mountKey();
  // A synthetic pointer cannot be captured: only that it is asked for is of interest here.
  button.setPointerCapture = () => {};
  button.dispatchEvent(pointer('pointerdown'));
  // Another finger means nothing.
  button.dispatchEvent(pointer('pointerdown', { pointerId: 2 }));
  button.dispatchEvent(pointer('pointerup', { pointerId: 2 }));
  expect(asked).toEqual(['startTurn']);
  lose(button);
  expect(asked).toEqual(['startTurn', 'endTurn']);
  button.dispatchEvent(pointer('pointerup'));
  expect(asked).toEqual(['startTurn', 'endTurn']);
});

test('[FACE-23] the focus that leaves and the page that is hidden end the turn', async () => {
  const { asked, key: button } = await mountKey();
  button.focus();
  button.dispatchEvent(key('keydown'));
  button.blur();
  expect(asked).toEqual(['startTurn', 'endTurn']);
  button.focus();
  // A key that is still down is no new hold.
  button.dispatchEvent(key('keydown', { repeat: true }));
  expect(asked).toEqual(['startTurn', 'endTurn']);
  button.dispatchEvent(key('keydown'));
  Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
  Reflect.deleteProperty(document, 'hidden');
  expect(asked).toEqual(['startTurn', 'endTurn', 'startTurn', 'endTurn']);
});

test('[FACE-23] a finger that holds neither scrolls nor selects nor opens a menu; what cannot hold presses twice', async () => {
  const { asked, key: button } = await mountKey();
  expect(getComputedStyle(button).touchAction).toBe('none');
  expect(getComputedStyle(button).userSelect).toBe('none');
  const menu = new Event('contextmenu', { cancelable: true });
  button.dispatchEvent(menu);
  expect(menu.defaultPrevented).toBe(true);
  // As a screen reader or a voice command does: a click and nothing else.
  button.click();
  expect(asked).toEqual(['startTurn']);
  button.click();
  expect(asked).toEqual(['startTurn', 'endTurn']);
});

test('[FACE-23] the end of the session ends the turn, and no late key reaches it', async () => {
  const { element, session, asked, key: button } = await mountKey();
  button.dispatchEvent(key('keydown'));
  await element.stop();
  expect(asked).toEqual(['startTurn', 'endTurn']);
  expect(session.state).toBe('ended');
  expect(inside(element, '[part~="talk-button"]')).toHaveLength(0);
});

test('[FACE-24] mute is pressed and shown; what the app does is shown as well', async () => {
  const { element, session } = await mountRunning();
  const mute = page.getByRole('button', { name: 'Mute' });
  await mute.click();
  expect(session.muted).toBe(true);
  await expect.element(mute).toHaveAttribute('aria-pressed', 'true');
  expect(text(inside(element, '[part~="status"]')[0])).toBe('Recording · Muted');
  await session.unmute();
  await expect.element(mute).toHaveAttribute('aria-pressed', 'false');
});

test('[FACE-25] the microphone in use is chosen in the list; another one is taken, and a failure leaves the choice', async () => {
  const { element, recorder } = await mountRunning();
  const list = page.getByRole('combobox', { name: 'Microphone' });
  await expect.element(list).toHaveValue('built-in');
  await userEvent.selectOptions(list, 'Studio Headset');
  await expect.poll(() => recorder.asked).toEqual(['microphone headset']);
  await expect.element(list).toHaveValue('headset');

  recorder.deviceFailure = new TurntapeError('microphone_busy', 'taken');
  await userEvent.selectOptions(list, 'Built-in Microphone');
  await expect.poll(() => inside(element, '[data-about="microphone_busy"]').length).toBe(1);
  await expect.element(list).toHaveValue('headset');
});

test('[FACE-25] devices come and go; without names there is nothing to choose', async () => {
  const { element, recorder } = await mount((_, its) => (its.known = []));
  expect(inside(element, '[part~="device"]')).toHaveLength(0);
  recorder.plug([{ kind: 'input', deviceId: 'default', label: undefined }]);
  await element.updateComplete;
  expect(inside(element, '[part~="device"]')).toHaveLength(0);
  recorder.plug([{ kind: 'input', deviceId: 'usb', label: 'USB Microphone' }]);
  await expect.element(page.getByRole('combobox', { name: 'Microphone' })).toHaveTextContent('USB Microphone');
});

test('[FACE-29] a session on hold says why, and goes on at the press of a button', async () => {
  const { element, session } = await mountRunning();
  session.emit('state', { state: 'interrupted' });
  await element.updateComplete;
  expect(text(inside(element, '[data-about="interrupted"]')[0])).toContain('a call perhaps');
  expect(inside(element, '[part~="resume-button"]')).toHaveLength(0);
  session.emit('error', { error: new TurntapeError('audio_context_suspended', 'on hold') });
  session.emit('state', { state: 'suspended' });
  expect(element.phase).toBe('suspended');
  await page.getByRole('button', { name: 'Go on' }).click();
  expect(session.asked).toEqual(['resume']);
  await expect.poll(() => element.phase).toBe('recording');
});

test('[FACE-29] what is the matter with an open microphone is told as long as it is, and so is a device that fills up', async () => {
  const { element, session } = await mountRunning();
  const told = async (about: string): Promise<string> => {
    await element.updateComplete;
    return text(inside(element, `[data-about="${about}"]`)[0]);
  };
  session.emit('microphone', { state: 'silent', label: 'x' });
  expect(await told('microphone-silent')).toContain('gives no sound at all');
  session.emit('microphone', { state: 'lost', label: 'x' });
  expect(await told('microphone-lost')).toContain('is gone');
  session.emit('microphone', { state: 'live', label: 'x' });
  expect(await told('microphone-lost')).toBe('');
  session.emit('low-space', { usageBytes: 0, quotaBytes: 9, freeBytes: 9, bytesPerMinute: 1, minutesLeft: 7.6 });
  expect(await told('low-space')).toContain('about 7 more minutes');
});

test('[INTEG-11] a bot that is heard and not recorded is told until its record sounds again', async () => {
  const { element, session } = await mountRunning();
  const told = async (): Promise<string> => {
    await element.updateComplete;
    return text(inside(element, '[data-about="bot-missing"]')[0]);
  };
  const event = { turnId: 't', externalId: null, speaker: 'bot', fromMs: 0, toMs: 9, cause: 'words_without_sound' };
  session.emit('integrity', event as SessionEvents['integrity']);
  expect(await told()).toContain('is not being recorded');
  session.emit('level', { speaker: 'bot', rmsDb: -75, peakDb: -70, atMs: 10 });
  session.emit('level', { speaker: 'user', rmsDb: -20, peakDb: -10, atMs: 20 });
  expect(await told()).toContain('is not being recorded');
  session.emit('level', { speaker: 'bot', rmsDb: -30, peakDb: -20, atMs: 30 });
  expect(await told()).toBe('');
});

test('[FACE-42] a full device is told once, with where what is said is meanwhile, until something is kept again', async () => {
  const { element, session } = await mountRunning();
  const panels = async (): Promise<(string | undefined)[]> => {
    await element.updateComplete;
    return inside(element, '[part~="failure"]').map((panel) => panel.dataset['about']);
  };
  const error = new TurntapeError('storage_full', 'turn-1 waits for room');
  session.emit('low-space', { usageBytes: 9, quotaBytes: 9, freeBytes: 0, bytesPerMinute: 1, minutesLeft: 0 });
  session.emit('error', { error });
  expect(await panels()).toEqual(['device-full']);
  expect(text(inside(element, '[part~="failure"]')[0])).toContain('waits in memory');
  expect(inside(element, '[role="alert"]')).toHaveLength(1);
  const turn = session.startTurn('turn-1', 'user', 0);
  session.endTurn(turn, 900);
  expect(await panels()).toEqual(['device-full']);
  session.keep(turn, 'segment-1');
  expect(await panels()).toEqual([]);
  // A session that ends for want of room has failed, whatever is kept while it ends.
  session.emit('low-space', { usageBytes: 9, quotaBytes: 9, freeBytes: 0, bytesPerMinute: 1, minutesLeft: 0 });
  session.emit('error', { error });
  session.emit('state', { state: 'stopping' });
  session.keep(session.startTurn('turn-2', 'user', 1000), 'segment-2');
  expect(await panels()).toEqual(['storage_full']);
});

const SOUND = { name: 'Bot’s sound off' };

test('[DEAF-8] the bot’s sound is turned off and on by its button and by D; that is seen, said and told, and stands in the attribute', async () => {
  const { element, session } = await mountRunning();
  const told: boolean[] = [];
  element.addEventListener('deafen', (event) => told.push((event as CustomEvent).detail.deafened));
  const button = page.getByRole('button', SOUND);
  await expect.element(button).toHaveAttribute('title', SOUND.name);
  await button.click();
  await expect.element(button).toHaveAttribute('aria-pressed', 'true');
  expect([session.asked, element.deafened, element.hasAttribute('deafened')]).toEqual([['deafen'], true, true]);
  expect(text(inside(element, '[part~="status"]')[0])).toBe('Recording · Bot’s sound off');
  await expect.poll(() => text(inside(element, '[part~="announcement"]')[0])).toBe('You do not hear the bot.');
  // With the focus anywhere within, and with no other key beside it.
  await userEvent.keyboard('{Control>}d{/Control}');
  await page.getByRole('slider').click();
  await userEvent.keyboard('d');
  await expect.element(button).toHaveAttribute('aria-pressed', 'false');
  expect([session.asked.filter((asked) => !asked.startsWith('setVolume')), told]).toEqual([
    ['deafen', 'undeafen'],
    [true, false],
  ]);
  await expect.poll(() => text(inside(element, '[part~="announcement"]')[0])).toBe('You hear the bot again.');
  await userEvent.keyboard('m');
  expect(session.muted).toBe(true);
  // What the app does stands here, too.
  await session.deafen();
  expect(element.deafened).toBe(true);
  // Here letters look for an entry.
  const list = inside(element, 'select')[0]!;
  list.focus();
  await userEvent.keyboard('d');
  expect(element.deafened).toBe(true);
  await element.stop();
  expect(inside(element, '[part~="sound"]')).toEqual([]);
});

test('[VOL-5] how loud the bot is: a slider for mouse and keys, an attribute, and what the app has set', async () => {
  const { element, session } = await mountRunning();
  const slider = page.getByRole('slider', { name: 'Volume of the bot' });
  await slider.click();
  await userEvent.keyboard('{End}{ArrowLeft}');
  await expect.element(slider).toHaveAttribute('aria-valuetext', '95 %');
  expect([session.bot.volume, element.volume, element.getAttribute('volume')]).toEqual([0.95, 0.95, '0.95']);
  await userEvent.keyboard('{Home}');
  expect([session.bot.volume, element.deafened]).toEqual([0, false]);
  session.bot.setVolume(0.5);
  expect(element.volume).toBe(0.5);
  await expect.element(slider).toHaveValue('50');
  for (const [given, taken] of [
    ['7', 1],
    ['-1', 0],
    ['loud', 1],
    ['0.25', 0.25],
  ] as const) {
    element.setAttribute('volume', given);
    await element.updateComplete;
    expect(session.bot.volume).toBe(taken);
  }
});

test('[DEAF-8] [VOL-5] what was chosen before holds from the first moment of a session', async () => {
  const { element, recorder } = await mount((each) => {
    each.volume = 0.3;
    each.deafened = true;
  });
  let first: unknown;
  element.addEventListener('session-start', () => (first = [...recorder.last.asked]), { once: true });
  await element.start();
  expect(first).toEqual(['setVolume 0.3', 'deafen']);
  await expect.element(page.getByRole('button', SOUND)).toHaveAttribute('aria-pressed', 'true');
});
