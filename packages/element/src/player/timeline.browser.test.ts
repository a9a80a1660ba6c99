import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { cdp, userEvent } from 'vitest/browser';
import './index.ts';
import { type ScriptedTurn, WORKSHOP, anHour } from './testing/scripted-calls.ts';
import { ScriptedReview } from './testing/scripted-review.ts';
import { until } from './testing/states.ts';
import type { TurnTapePlayer } from './turn-tape-player.ts';

interface Devtools {
  send(method: string, params: object): Promise<unknown>;
}

// Browsers refuse sound before a gesture.
beforeAll(() => userEvent.click(document.body));

// Pointers of a script cannot be captured.
beforeEach(() => {
  vi.spyOn(Element.prototype, 'setPointerCapture').mockImplementation(() => undefined);
  vi.spyOn(Element.prototype, 'hasPointerCapture').mockImplementation(() => true);
});

afterEach(async () => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
  await (cdp() as Devtools).send('Emulation.setEmulatedMedia', { features: [] });
});

const inside = (element: TurnTapePlayer, selector: string): HTMLElement =>
  element.shadowRoot!.querySelector<HTMLElement>(selector)!;

async function ready(turns: readonly ScriptedTurn[], options: { live?: boolean } = {}) {
  const review = new ScriptedReview(turns, options);
  const element = document.createElement('turn-tape-player');
  element.recorder = review;
  element.sessionId = review.sessionId;
  document.body.append(element);
  await until(element, () => element.phase === 'ready');
  await painted();
  return { element, review };
}

const painted = async (): Promise<void> => {
  for (let frame = 0; frame < 2; frame += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
};

const lanes = (element: TurnTapePlayer): HTMLElement => inside(element, '[role="slider"]');

function point(node: HTMLElement, type: string, share: number, over: PointerEventInit = {}): void {
  const { left, top, width, height } = node.getBoundingClientRect();
  const place = { clientX: left + share * width, clientY: top + height / 2 };
  node.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerType: 'mouse', ...place, ...over }));
}

/** Which part of the session is seen: where a press at either edge goes. */
function seen(element: TurnTapePlayer): { fromMs: number; spanMs: number } {
  const at = (share: number): number => {
    point(lanes(element), 'pointerdown', share);
    point(lanes(element), 'pointerup', share);
    return element.positionMs;
  };
  const fromMs = at(0);
  return { fromMs, spanMs: (at(0.5) - fromMs) * 2 };
}

/** Turns the wheel over the middle of the lanes. True: the page is not scrolled by it. */
function turn(element: TurnTapePlayer, over: WheelEventInit): boolean {
  const node = lanes(element);
  const { left, width } = node.getBoundingClientRect();
  const wheel = new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: left + width / 2, ...over });
  return !node.dispatchEvent(wheel);
}

test('[REVIEW-19] a session that had only begun when it was opened is seen as it grows, until somebody chooses a view', async () => {
  const empty = new ScriptedReview([], { live: true });
  const grown = new ScriptedReview(WORKSHOP, { live: true });
  let stored = empty.stored;
  const reader = {
    readSession: async () => stored,
    readAudio: (segmentId: string) => grown.readAudio(segmentId),
    readPeaks: (segmentId: string) => grown.readPeaks(segmentId),
    files: () => grown.files(),
  };
  const element = document.createElement('turn-tape-player');
  element.recorder = reader;
  element.sessionId = empty.sessionId;
  document.body.append(element);
  await until(element, () => element.phase === 'ready');
  expect(element.review!.durationMs).toBe(0);

  stored = grown.stored;
  await element.reload();
  await until(element, () => element.stats.painted.turns === WORKSHOP.length && element.stats.painted.bars > 100);
  expect(seen(element).spanMs).toBeCloseTo(element.review!.durationMs, -3);

  // Chosen, it stays.
  inside(element, '[part~="zoom-in-button"]').click();
  await painted();
  const chosen = seen(element);
  stored = new ScriptedReview([...WORKSHOP, { speaker: 'user', startMs: 60_000, ms: 4000 }], { live: true }).stored;
  await element.reload();
  await painted();
  expect(seen(element)).toEqual(chosen);
});

test('[REVIEW-21] a wheel moves sideways, zooms with Ctrl around what is under it, and scrolls the page otherwise', async () => {
  const { element } = await ready(anHour());
  const before = seen(element);
  expect(turn(element, { deltaY: 100 })).toBe(false);
  expect(seen(element)).toEqual(before);

  expect(turn(element, { deltaX: 100 })).toBe(true);
  const moved = seen(element);
  expect(moved.fromMs).toBeGreaterThan(1000);
  expect(moved.spanMs).toBeCloseTo(before.spanMs, -1);
  expect(turn(element, { deltaY: -100, shiftKey: true })).toBe(true);
  expect(seen(element).fromMs).toBeCloseTo(before.fromMs, -1);

  turn(element, { deltaX: 400 });
  const wide = seen(element);
  expect(turn(element, { deltaY: -400, ctrlKey: true })).toBe(true);
  const close = seen(element);
  expect(close.spanMs).toBeLessThan(wide.spanMs * 0.6);
  expect(close.fromMs + close.spanMs / 2).toBeCloseTo(wide.fromMs + wide.spanMs / 2, -2);
});

test('[REVIEW-21] two fingers that part zoom in, and the place between them stays', async () => {
  const { element } = await ready(anHour());
  const before = seen(element);
  const node = lanes(element);
  const finger = (type: string, pointerId: number, share: number): void =>
    point(node, type, share, { pointerType: 'touch', pointerId });
  finger('pointerdown', 1, 0.4);
  finger('pointerdown', 2, 0.6);
  for (const spread of [0.15, 0.2, 0.3]) {
    finger('pointermove', 1, 0.5 - spread);
    finger('pointermove', 2, 0.5 + spread);
  }
  finger('pointerup', 1, 0.2);
  finger('pointerup', 2, 0.8);
  const after = seen(element);
  expect(before.spanMs / after.spanMs).toBeCloseTo(3, 0);
  expect(after.fromMs + after.spanMs / 2).toBeCloseTo(before.fromMs + before.spanMs / 2, -4);
});

test('[REVIEW-21] on the strip, what is seen is dragged, and nothing is sought', async () => {
  const { element } = await ready(anHour());
  element.seek(0);
  const strip = inside(element, '[part~="overview"]');
  const { width } = strip.getBoundingClientRect();
  const drag = (type: string, share: number): void => {
    const { left, top } = strip.getBoundingClientRect();
    strip.dispatchEvent(
      new PointerEvent(type, { bubbles: true, pointerId: 7, clientX: left + share * width, clientY: top + 4 }),
    );
  };
  drag('pointerdown', 0.25);
  drag('pointermove', 0.5);
  expect(element.positionMs).toBe(0);
  drag('pointerup', 0.5);
  const { fromMs, spanMs } = seen(element);
  expect((fromMs + spanMs / 2) / element.review!.durationMs).toBeCloseTo(0.5, 2);
});

test('[REVIEW-22] with forced colours the lanes are painted in those of the system, at once', async () => {
  const { element } = await ready(WORKSHOP);
  await until(element, () => element.stats.painted.bars > 100);
  /** How many pixels of the lanes are of the colour that a name in the head of a lane has. */
  const pixels = (color: string): number => {
    const probe = document.createElement('canvas').getContext('2d')!;
    probe.fillStyle = color;
    probe.fillRect(0, 0, 1, 1);
    const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
    const canvas = inside(element, 'canvas.lanes') as HTMLCanvasElement;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4)
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255) count += 1;
    return count;
  };
  const own = getComputedStyle(inside(element, '.lane.bot, [part~="lane-bot"]')).getPropertyValue('--_bot');
  const probe = document.createElement('span');
  probe.style.color = own.includes('light-dark') ? own.replace(/light-dark\((.*?),.*/u, '$1') : own;
  document.body.append(probe);
  const before = getComputedStyle(probe).color;
  element.seek(element.review!.durationMs);
  await expect.poll(() => pixels(before)).toBeGreaterThan(200);
  await (cdp() as Devtools).send('Emulation.setEmulatedMedia', {
    features: [{ name: 'forced-colors', value: 'active' }],
  });
  probe.style.color = 'CanvasText';
  const system = getComputedStyle(probe).color;
  await expect.poll(() => pixels(before)).toBe(0);
  expect(pixels(system)).toBeGreaterThan(200);
});

test('[REVIEW-22] with less motion asked for the playhead goes in steps', async () => {
  await (cdp() as Devtools).send('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-reduced-motion', value: 'reduce' }],
  });
  const { element } = await ready(WORKSHOP);
  const places = new Set<string>();
  const head = inside(element, '.playhead');
  const watch = new MutationObserver(() => places.add(head.style.transform));
  watch.observe(head, { attributes: true });
  await element.play();
  await until(element, () => element.positionMs > 1500);
  element.pause();
  watch.disconnect();
  // 1.5 s in steps of 250 ms, and what a press moves.
  expect(places.size).toBeLessThanOrEqual(10);
});
