import { afterEach, expect, test } from 'vitest';
import './define.ts';
import { converse } from './testing/conversation.ts';
import { inside, mountRunning } from './testing/mount.ts';
import { drawn } from './testing/element-state.ts';

afterEach(() => {
  document.body.replaceChildren();
  document.body.style.cssText = '';
});

const level = (atMs: number) => ({ speaker: 'user', atMs, rmsDb: -20, peakDb: -10 }) as const;

test('[FACE-38] clock and open turn grow in their own places: of the rest nothing is drawn, until a tape outgrows its row', async () => {
  const { element, session } = await mountRunning();
  const turn = session.startTurn('turn-1', 'user', 1000);
  await drawn(element);
  let drawings = 0;
  element.addController({ hostUpdate: () => (drawings += 1) });
  const shown = (part: string): string => inside(element, `[part~="${part}"]`)[0]!.textContent.trim();
  const beat = (): string | undefined => inside(element, '.delivery')[0]!.dataset['beat'];
  const long = (): number => Number.parseFloat(inside(element, '.tape-heard')[0]!.style.inlineSize);
  for (let atMs = 50; atMs <= 3000; atMs += 50) session.emit('level', level(atMs));
  await expect.poll(() => shown('clock')).toBe('0:03');
  await expect.poll(() => shown('duration')).toBe('2.0 s');
  expect(long()).toBe(50);
  // The dot of an open turn fades and comes back with them.
  expect(beat()).toBe('1');
  expect(drawings).toBe(0);

  session.emit('level', level(6000));
  await expect.poll(() => shown('duration')).toBe('5.0 s');
  await expect.poll(long).toBe(50);
  expect(drawings).toBe(1);

  session.endTurn(turn, 6500);
  session.emit('level', level(9000));
  await expect.poll(() => shown('clock')).toBe('0:09');
  expect(shown('duration')).toBe('5.5 s');
  expect(beat()).toBeUndefined();
});

test('[FACE-38] out of sight nothing is written; seen again it is what it is', async () => {
  const { element, session } = await mountRunning();
  const { nowMs } = converse(session, { turns: 1 });
  await drawn(element);
  document.body.style.paddingTop = '4000px';
  await drawn(element);
  await drawn(element);
  let writings = 0;
  const clock = inside(element, '[part~="clock"]')[0]!;
  const watch = new MutationObserver((records) => (writings += records.length));
  watch.observe(clock, { characterData: true, childList: true, subtree: true });
  for (let atMs = nowMs + 50; atMs <= 20_000; atMs += 50) session.emit('level', level(atMs));
  await drawn(element);
  expect(writings).toBe(0);
  document.body.style.paddingTop = '0';
  await expect.poll(() => clock.textContent).toBe('0:20');
  watch.disconnect();
});
