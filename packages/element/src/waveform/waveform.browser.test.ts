import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cdp } from 'vitest/browser';
import '../define.ts';
import { converse, voiceDb } from '../testing/conversation.ts';
import { A_CARD, drawWith } from '../testing/graphics-card.ts';
import { inside, mountRunning } from '../testing/mount.ts';
import type { ScriptedSession } from '../testing/scripted-session.ts';
import { drawn } from '../testing/element-state.ts';
import type { TurnList } from '../turn-list.ts';
import { COLUMN_MS, LevelHistory } from './level-history.ts';
import { SPARE_PX } from './tape-surface.ts';
import { COLUMN_PX } from './tape-geometry.ts';
import { paintTape } from './tape-painter.ts';
import { DRAW_MS } from './tape-view.ts';

interface Devtools {
  send(method: string, params: object): Promise<unknown>;
}

/** Every drawing begins with the part that it is of; on a tape that leaps, the other. */
const drawings = vi.spyOn(CanvasRenderingContext2D.prototype, 'clip');

beforeEach(() => {
  drawWith(A_CARD);
});

afterEach(async () => {
  document.body.replaceChildren();
  document.body.style.cssText = '';
  await (cdp() as Devtools).send('Emulation.setEmulatedMedia', { features: [] });
});

/** Frames of the browser, in each of which the session's levels go on. Resolves with the places that the canvas had. */
async function run(
  session: ScriptedSession,
  canvas: HTMLElement,
  frames: number,
  fromMs: number,
): Promise<Set<string>> {
  const places = new Set<string>();
  const began = performance.now();
  let told = fromMs;
  for (let frame = 0; frame < frames; frame += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const nowMs = fromMs + performance.now() - began;
    for (; told + 50 <= nowMs; told += 50) session.speak('user', told, told + 50, voiceDb(1));
    places.add(getComputedStyle(canvas).transform);
  }
  return places;
}

async function mountTape() {
  const mounted = await mountRunning();
  const { nowMs } = converse(mounted.session, { turns: 2, open: true });
  const [canvas] = inside(mounted.element, 'canvas') as HTMLCanvasElement[];
  await drawn(mounted.element);
  return { ...mounted, canvas: canvas!, nowMs };
}

/** How many pixels of the canvas are of a colour, above and below the middle. */
function painted(canvas: HTMLCanvasElement, color: string): [number, number] {
  const probe = document.createElement('canvas').getContext('2d')!;
  probe.fillStyle = color;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
  const counts: [number, number] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    const same = data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255;
    if (same) counts[at / 4 / width < (height - 18 * devicePixelRatio) / 2 ? 0 : 1] += 1;
  }
  return counts;
}

test('[FACE-21] the user stands above the line and the bot below, in the colours of the style sheet, which may change', async () => {
  const { element, canvas } = await mountTape();
  const color = (who: string): string => getComputedStyle(inside(element, `.lane-name.${who}`)[0]!).color;
  await expect.poll(() => painted(canvas, color('user'))[0]).toBeGreaterThan(200);
  expect(painted(canvas, color('user'))[1]).toBe(0);
  expect(painted(canvas, color('bot'))[0]).toBe(0);
  expect(painted(canvas, color('bot'))[1]).toBeGreaterThan(200);
  // Nothing tells us of it but the style itself; and the session stands still.
  element.style.setProperty('--turn-tape-user', 'rgb(0, 128, 0)');
  await expect.poll(() => painted(canvas, 'rgb(0, 128, 0)')[0]).toBeGreaterThan(200);
});

test('[FACE-21] it is as sharp as the screen and as wide as its place', async () => {
  const { element, canvas } = await mountTape();
  element.style.display = 'block';
  for (const width of ['320px', '700px']) {
    element.style.width = width;
    const place = inside(element, '.tape-window')[0]!;
    await expect.poll(() => canvas.width).toBe(Math.round((place.clientWidth + SPARE_PX) * devicePixelRatio));
  }
});

test('[FACE-21] running, the canvas moves by itself and is drawn five times a second', async () => {
  const { canvas, session, nowMs } = await mountTape();
  await run(session, canvas, 20, nowMs);
  drawings.mockClear();
  const began = performance.now();
  const places = await run(session, canvas, 60, nowMs + 1000);
  const drawingsDue = (performance.now() - began) / DRAW_MS;
  // How many of its places are seen depends on how many frames a busy machine makes.
  expect(places.size).toBeGreaterThan(1);
  expect(drawings.mock.calls.length).toBeGreaterThan(0);
  expect(drawings.mock.calls.length).toBeLessThanOrEqual(Math.ceil(drawingsDue) + 3);
});

test('[FACE-22] out of sight, hidden or over, nothing is drawn', async () => {
  const { element, canvas, session, nowMs } = await mountTape();
  document.body.style.paddingTop = '4000px';
  await drawn(element);
  await drawn(element);
  drawings.mockClear();
  await run(session, canvas, 20, nowMs);
  expect(drawings.mock.calls.length).toBe(0);

  document.body.style.paddingTop = '0';
  await expect.poll(() => drawings.mock.calls.length).toBeGreaterThan(0);
  Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  await drawn(element);
  drawings.mockClear();
  await run(session, canvas, 20, nowMs + 2000);
  expect(drawings.mock.calls.length).toBe(0);
  Reflect.deleteProperty(document, 'hidden');
  document.dispatchEvent(new Event('visibilitychange'));
  await expect.poll(() => drawings.mock.calls.length).toBeGreaterThan(0);

  await element.stop();
  await drawn(element);
  drawings.mockClear();
  await drawn(element);
  await drawn(element);
  expect(drawings.mock.calls.length).toBe(0);
});

test('[FACE-22] with less motion asked for, nothing moves: it is drawn anew once a second', async () => {
  await (cdp() as Devtools).send('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-reduced-motion', value: 'reduce' }],
  });
  const { canvas, session, nowMs } = await mountTape();
  drawings.mockClear();
  const began = performance.now();
  const places = await run(session, canvas, 60, nowMs);
  const seconds = (performance.now() - began) / 1000;
  expect([...places]).toEqual(['none']);
  expect(drawings.mock.calls.length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
});

test('[FACE-34] on a ground that shows what is behind it the tape is clear, and the other way round', async () => {
  const { element, session, nowMs } = await mountTape();
  const corner = (): number =>
    (inside(element, 'canvas')[0] as HTMLCanvasElement).getContext('2d')!.getImageData(2, 2, 1, 1).data[3]!;
  await expect.poll(corner).toBe(255);
  element.style.setProperty('--turn-tape-well', 'rgb(0 0 0 / 20%)');
  await expect.poll(corner).toBe(0);
  element.style.setProperty('--turn-tape-well', 'rgb(250, 250, 250)');
  await expect.poll(corner).toBe(255);
  // And it moves as before.
  const places = await run(session, inside(element, 'canvas')[0]!, 30, nowMs);
  expect(places.size).toBeGreaterThan(1);
});

const offscreen = () => new OffscreenCanvas(600, 100).getContext('2d') as unknown as CanvasRenderingContext2D;

const pixels = (context: CanvasRenderingContext2D): Uint8ClampedArray => context.getImageData(0, 0, 450, 100).data;

test('[FACE-34] a tape that was drawn piece by piece is that which is drawn at once', () => {
  const history = new LevelHistory();
  const paints = {
    user: 'green',
    bot: 'purple',
    line: 'gray',
    text: 'black',
    cut: 'red',
    gap: 'red',
    font: '11px serif',
  };
  const turns = [{ speaker: 'user', startMs: 700, endMs: undefined, interrupted: false }] as unknown as TurnList;
  const scene = {
    history,
    turns,
    silent: [],
    gaps: [],
    fromMs: 0,
    msPerPx: COLUMN_MS / COLUMN_PX,
    nowMs: Number.POSITIVE_INFINITY,
  };
  const size = { width: 600, height: 100 };
  const [pieces, whole] = [offscreen(), offscreen()];
  const voice = voiceDb(1);
  for (let atMs = 50; atMs <= 15_000; atMs += 50) {
    for (const speaker of ['user', 'bot'] as const)
      history.add({ speaker, atMs, rmsDb: voice(atMs), peakDb: voice(atMs) });
    const part = { fromMs: history.lengthMs - 2 * COLUMN_MS, toMs: history.lengthMs };
    paintTape(pieces, size, scene, { ...paints, well: 'white' }, part);
  }
  paintTape(whole, size, scene, { ...paints, well: 'white' });
  const before = pixels(pieces);
  // A path of many bars and one of few do not round alike: that is not to be seen.
  const different = pixels(whole).filter((value, at) => Math.abs(value - before[at]!) > 8).length;
  expect(different).toBe(0);
});

const isDrawn = async (): Promise<void> => {
  drawings.mockClear();
  await expect.poll(() => drawings.mock.calls.length).toBeGreaterThan(0);
};

/** The second half of each column is the louder: a column that was drawn by halves is too low. */
const risingDb = (atMs: number): number => (atMs % 100 === 0 ? -12 : -45);

test('[FACE-34] what a running tape has drawn bit by bit is what it draws when all of it is asked for', async () => {
  const { session, canvas, nowMs } = await mountTape();
  const image = (): ImageData => canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  const rectangles = vi.spyOn(CanvasRenderingContext2D.prototype, 'rect');
  /** Drawings of a part since the last of everything. */
  const partsDrawn = (): number => {
    const widths = rectangles.mock.calls.map(([, , width]) => width);
    return widths.length - 1 - widths.findLastIndex((width) => width >= canvas.clientWidth - 1);
  };
  const began = performance.now();
  let told = nowMs;
  let [pieces, whole] = [image(), image()];
  // A page that stands still begins a canvas anew: until one has been drawn bit by bit and whole.
  for (let same = false; !same;) {
    rectangles.mockClear();
    while (partsDrawn() < 6) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      for (; told + 50 <= nowMs + performance.now() - began; told += 50) {
        session.speak('user', told, told + 50, risingDb);
        // Half a column later: the newest column of its lane is never whole when it is first drawn.
        session.speak('bot', told - 50, told, risingDb);
      }
    }
    session.speak('bot', told - 50, told, risingDb);
    await isDrawn();
    const [moves] = canvas.getAnimations();
    const isInPieces = partsDrawn() > 6;
    pieces = image();
    document.dispatchEvent(new Event('visibilitychange'));
    await isDrawn();
    whole = image();
    same = isInPieces && partsDrawn() === 0 && moves !== undefined && canvas.getAnimations()[0] === moves;
  }
  rectangles.mockRestore();
  let different = 0;
  for (let at = 0; at < whole.data.length; at += 4)
    if (Math.abs(whole.data[at]! - pieces.data[at]!) > 8) different += 1;
  expect(different).toBe(0);
});

test('[FACE-34] meters go on with the tape, and a page that shows only them has them', async () => {
  const { element, canvas, session, nowMs } = await mountTape();
  const sheet = document.createElement('style');
  sheet.textContent = 'turn-tape::part(waveform) { display: none }';
  document.body.append(sheet);
  const fill = inside(element, '.meter.user .meter-fill')[0]!;
  const heights = new Set<string>();
  const watch = new MutationObserver(() => heights.add(fill.style.transform));
  watch.observe(fill, { attributes: true });
  await run(session, canvas, 60, nowMs);
  expect(heights.size).toBeGreaterThan(2);
  // What is not to be seen is not moved: the browser would count its frames for nothing.
  expect(canvas.getAnimations()).toEqual([]);
  watch.disconnect();
});
