import { afterEach, expect, test } from 'vitest';
import './define.ts';
import { inside, mountRunning } from './testing/mount.ts';

afterEach(() => document.body.replaceChildren());

const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));

async function mountLongList() {
  const mounted = await mountRunning();
  mounted.element.style.setProperty('--turn-tape-list-height', '200px');
  const turn = (index: number) => mounted.session.startTurn(`turn-${index}`, 'user', index * 1000);
  for (let index = 0; index < 8; index += 1) turn(index);
  await mounted.element.updateComplete;
  const list = inside(mounted.element, '.turns')[0]!;
  const below = (): number => list.scrollHeight - list.scrollTop - list.clientHeight;
  await expect.poll(below).toBeLessThan(2);
  return { ...mounted, list, below, turn };
}

test('[FACE-39] the newest turn is in sight, also when words come in the frame in which it was scrolled to', async () => {
  const { element, session, turn, below } = await mountLongList();
  for (let index = 8; index < 14; index += 1) {
    const newest = turn(index);
    await element.updateComplete;
    // Scrolled to when this frame was laid out, and grown before the next one tells of the scrolling.
    await frame();
    await new Promise((resolve) => setTimeout(resolve));
    session.say(newest, 'A long sentence that takes several lines in a narrow list. '.repeat(6));
    await element.updateComplete;
    await frame();
  }
  await expect.poll(below).toBeLessThan(2);
});

test('[FACE-39] a reader who went up is left there, and taken along again from the end', async () => {
  const { element, list, turn, below } = await mountLongList();
  list.scrollTop = 40;
  await frame();
  await frame();
  turn(8);
  await element.updateComplete;
  await frame();
  await frame();
  expect(list.scrollTop).toBe(40);
  list.scrollTop = list.scrollHeight;
  await frame();
  await frame();
  turn(9);
  await element.updateComplete;
  await expect.poll(below).toBeLessThan(2);
});
