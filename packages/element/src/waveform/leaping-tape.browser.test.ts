import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import '../define.ts';
import { converse, voiceDb } from '../testing/conversation.ts';
import { drawn } from '../testing/element-state.ts';
import { A_CARD, NO_CARD, drawWith } from '../testing/graphics-card.ts';
import { inside, mountRunning } from '../testing/mount.ts';
import { hasGraphicsCard } from './graphics-card.ts';
import { COLUMN_PX } from './tape-geometry.ts';
import { LEAP_MS } from './tape-view.ts';

/** The running tape where no graphics card moves it. */

const leaps = vi.spyOn(OffscreenCanvasRenderingContext2D.prototype, 'drawImage');
const drawings = vi.spyOn(OffscreenCanvasRenderingContext2D.prototype, 'clip');
let card: { readonly asked: number };

beforeEach(() => {
  card = drawWith(NO_CARD);
});

afterEach(() => {
  document.body.replaceChildren();
  document.body.style.cssText = '';
});

const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));

/** A conversation that goes on, with a function that lets it: the levels that are due are told in each frame. */
async function mountTalk() {
  const { element, session } = await mountRunning();
  const { nowMs } = converse(session, { turns: 2, open: true });
  await drawn(element);
  const began = performance.now();
  let told = nowMs;
  const talk = async (frames: number): Promise<void> => {
    for (let at = 0; at < frames; at += 1) {
      await frame();
      for (; told + 50 <= nowMs + performance.now() - began; told += 50)
        for (const speaker of ['user', 'bot'] as const) session.speak(speaker, told, told + 50, voiceDb(1));
    }
  };
  const canvas = (): HTMLCanvasElement => inside(element, 'canvas')[0] as HTMLCanvasElement;
  return { element, session, talk, canvas };
}

/** What is to be seen in the window. */
function picture(canvas: HTMLCanvasElement): ImageData {
  const { width, height } = canvas.getBoundingClientRect();
  const copy = new OffscreenCanvas(Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio));
  const context = copy.getContext('2d')!;
  // Past the spy: this one is ours.
  context.putImageData(new ImageData(copy.width, copy.height), 0, 0);
  const before = leaps.mock.calls.length;
  context.drawImage(canvas, 0, 0);
  leaps.mock.calls.length = before;
  return context.getImageData(0, 0, copy.width, copy.height);
}

const colors = ({ data }: ImageData): number => new Set(new Uint32Array(data.buffer)).size;

/** Until nothing is moved any more: no level has come for a while. */
async function atRest(): Promise<void> {
  for (let quiet = 0, seen = -1; quiet < 40; quiet += 1) {
    await frame();
    if (leaps.mock.calls.length !== seen) quiet = 0;
    seen = leaps.mock.calls.length;
  }
}

test('[FACE-43] without a graphics card the page moves the tape, fifteen times a second, and nothing moves by itself', async () => {
  const { element, talk, canvas } = await mountTalk();
  await talk(20);
  leaps.mockClear();
  drawings.mockClear();
  const began = performance.now();
  await talk(60);
  const leapsDue = (performance.now() - began) / LEAP_MS;
  expect(leaps.mock.calls.length).toBeGreaterThan(1);
  expect(leaps.mock.calls.length).toBeLessThanOrEqual(Math.ceil(leapsDue) + 3);
  // It is drawn with every third at most; in between what is there is moved.
  expect(drawings.mock.calls.length).toBeGreaterThan(0);
  expect(drawings.mock.calls.length).toBeLessThanOrEqual(Math.ceil(leapsDue / 3) + 3);
  const places = leaps.mock.calls.map(([, left]) => left);
  expect(places.every((left) => Number.isInteger(left))).toBe(true);
  expect(new Set(places).size).toBeGreaterThan(1);
  // By pixels, not by columns.
  expect(places.some((left) => left % COLUMN_PX !== 0)).toBe(true);
  expect(colors(picture(canvas()))).toBeGreaterThan(4);
  expect(element.shadowRoot!.getAnimations()).toEqual([]);
  expect(card.asked).toBe(1);
});

test('[FACE-43] what was moved bit by bit is what is drawn when all of it is asked for', async () => {
  const { talk, canvas } = await mountTalk();
  await talk(90);
  await atRest();
  const pieces = picture(canvas());
  drawings.mockClear();
  document.dispatchEvent(new Event('visibilitychange'));
  await expect.poll(() => drawings.mock.calls.length).toBeGreaterThan(0);
  await atRest();
  const whole = picture(canvas());
  expect(colors(whole)).toBeGreaterThan(4);
  const different = whole.data.filter((value, at) => Math.abs(value - pieces.data[at]!) > 8).length;
  expect(different).toBe(0);
});

test('[FACE-43] it is as sharp as the screen, clear on what shows what is behind it, and when it is over all of it is there', async () => {
  const { element, talk, canvas } = await mountTalk();
  await talk(10);
  element.style.display = 'block';
  element.style.width = '420px';
  const { clientWidth } = inside(element, '.tape-window')[0]!;
  await expect.poll(() => canvas().style.width).toBe(`${inside(element, '.tape-window')[0]!.clientWidth}px`);
  expect(clientWidth).toBeGreaterThan(100);
  await talk(10);
  const corner = (): number => picture(canvas()).data[3]!;
  await expect.poll(corner).toBe(255);
  element.style.setProperty('--turn-tape-well', 'rgb(0 0 0 / 20%)');
  await expect.poll(corner).toBe(0);
  element.style.setProperty('--turn-tape-well', 'rgb(250, 250, 250)');
  await expect.poll(corner).toBe(255);
  await element.stop();
  await atRest();
  // Past the end of a short one there is nothing but the line of the middle.
  expect(colors(picture(canvas()))).toBeGreaterThan(4);
  leaps.mockClear();
  await drawn(element);
  await drawn(element);
  expect(leaps.mock.calls.length).toBe(0);
});

test('[FACE-22] a tape that leaps does not, out of sight', async () => {
  const { element, talk } = await mountTalk();
  await talk(10);
  document.body.style.paddingTop = '4000px';
  await drawn(element);
  await drawn(element);
  leaps.mockClear();
  await talk(30);
  expect(leaps.mock.calls.length).toBe(0);
  document.body.style.paddingTop = '0';
  await talk(5);
  await expect.poll(() => leaps.mock.calls.length).toBeGreaterThan(0);
});

test('[FACE-43] a page that leaves the tape no room has it neither moved nor looked after with every level', async () => {
  const { element, talk } = await mountTalk();
  const sheet = document.createElement('style');
  sheet.textContent = 'turn-tape::part(waveform) { display: none }';
  document.body.append(sheet);
  await drawn(element);
  await talk(20);
  // Nor is it left to the browser to move it.
  expect(element.shadowRoot!.getAnimations()).toEqual([]);
  const fill = inside(element, '.meter.user .meter-fill')[0]!;
  let writings = 0;
  const watch = new MutationObserver((records) => (writings += records.length));
  watch.observe(fill, { attributes: true });
  leaps.mockClear();
  const began = performance.now();
  await talk(90);
  const seconds = (performance.now() - began) / 1000;
  expect(leaps.mock.calls.length).toBe(0);
  expect(writings).toBeGreaterThan(0);
  expect(writings).toBeLessThanOrEqual(Math.ceil(seconds * 5) + 2);
  watch.disconnect();
  sheet.remove();
});

test('[FACE-43] whether there is a graphics card is what the browser says of its 3D', () => {
  expect(hasGraphicsCard()).toBe(false);
  drawWith(A_CARD);
  expect(hasGraphicsCard()).toBe(true);
  drawWith('llvmpipe (LLVM 15.0.6, 256 bits)');
  expect(hasGraphicsCard()).toBe(false);
  drawWith(undefined);
  expect(hasGraphicsCard()).toBe(false);
});
