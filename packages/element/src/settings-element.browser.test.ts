import { afterEach, expect, test } from 'vitest';
import './define.ts';
import { converse } from './testing/conversation.ts';
import { inside, mount, mountRunning } from './testing/mount.ts';
import { drawn } from './testing/element-state.ts';

afterEach(() => document.body.replaceChildren());

test('[FACE-40] plain settings are the same as attribute and as property; objects are properties alone', async () => {
  const { element } = await mount();
  const words = { target: '/v1', format: 'mp3', consent: 'required', subject: 'Ada', name: 'talk' } as const;
  Object.assign(element, words, { consentVersion: '7', pushToTalk: true, required: true, disabled: true });
  await element.updateComplete;
  const attributes = Object.fromEntries(element.getAttributeNames().map((name) => [name, element.getAttribute(name)]));
  expect(attributes).toMatchObject({
    ...words,
    'consent-version': '7',
    'push-to-talk': '',
    required: '',
    disabled: '',
  });

  element.setAttribute('format', 'wav');
  element.setAttribute('consent-version', '8');
  for (const name of ['push-to-talk', 'required', 'disabled']) element.removeAttribute(name);
  const { format, consentVersion, pushToTalk, required, disabled } = element;
  expect([format, consentVersion, pushToTalk, required, disabled]).toEqual(['wav', '8', false, false, false]);

  const names = new Set(element.getAttributeNames());
  Object.assign(element, { options: { vad: { model: 'v5' } }, metadata: { order: 7 }, texts: { start: 'Go' } });
  await element.updateComplete;
  expect(new Set(element.getAttributeNames())).toEqual(names);
});

test('[FACE-41] in a page from right to left the words turn, and time does not; nothing runs out of its place', async () => {
  const { element, session } = await mountRunning((fresh) => {
    fresh.dir = 'rtl';
    fresh.style.cssText = 'display: block; inline-size: 320px';
  });
  converse(session, { open: true });
  await drawn(element);
  const box = (selector: string): DOMRect => inside(element, selector)[0]!.getBoundingClientRect();
  expect(box('[part~="status"]').left).toBeGreaterThan(box('[part~="clock"]').right);
  expect(box('[part~="play-button"]').left).toBeGreaterThan(box('[part~="speaker"]').right);
  // The tape is read as on every player.
  expect(getComputedStyle(inside(element, '.stage')[0]!).direction).toBe('ltr');
  expect(box('.lane-names').right).toBeLessThanOrEqual(box('.tape-window').left);
  const base = inside(element, '.base')[0]!;
  expect(base.scrollWidth).toBeLessThanOrEqual(base.clientWidth);
});
