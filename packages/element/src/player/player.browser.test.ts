import { afterEach, beforeAll, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import './index.ts';
import { ScriptedReview, WORKSHOP } from './testing/scripted-review.ts';
import { PLAYER_STATES, until } from './testing/states.ts';
import type { TurnTapePlayer } from './turn-tape-player.ts';

// Browsers refuse sound before a gesture.
beforeAll(() => userEvent.click(document.body));

afterEach(() => document.body.replaceChildren());

/** A player on the page with the call to the workshop, ready. */
async function ready(prepare: (element: TurnTapePlayer) => void = () => undefined) {
  const review = new ScriptedReview(WORKSHOP);
  const element = document.createElement('turn-tape-player');
  element.recorder = review;
  element.sessionId = review.sessionId;
  prepare(element);
  document.body.append(element);
  await until(element, () => element.phase === 'ready');
  return { element, review };
}

const inside = (element: TurnTapePlayer, selector: string): HTMLElement[] =>
  Array.from(element.shadowRoot!.querySelectorAll<HTMLElement>(selector));

const text = (node: Element | undefined): string => node?.textContent?.replace(/\s+/g, ' ').trim() ?? '';

test.each(PLAYER_STATES.map((each) => [each.name, each] as const))(
  '[REVIEW-1] state %s can be seen',
  async (_, state) => {
    const { element, leave } = await state.show(document.body);
    expect(text(inside(element, '.base')[0])).not.toBe('');
    leave();
  },
);

test('[REVIEW-2] every turn is in the list with its speaker, place, length, words, cut and answer time', async () => {
  const { element } = await ready();
  const rows = inside(element, '[part~="turn"]');
  expect(rows).toHaveLength(WORKSHOP.length);
  expect(text(rows[1])).toBe(
    'User 0:04 3.6 s Hi, I left a bike with you on Monday, and I would like to know if it is ready.',
  );
  expect(text(rows[2])).toContain('Bot 0:08 Interrupted 4.2 s Let me look that up.');
  expect(text(rows[2])).toContain('after 0.9 s heard 4.2 of 8.1 s 3.9 s unheard');
  expect(text(inside(element, '[part~="summary"]')[0])).toBe('0:36 11 turns 2 interruptions answers after 0.9 s');
});

test('[REVIEW-6] keys move, step from turn to turn, change the speed, and are left to fields and buttons', async () => {
  const { element } = await ready();
  const tracks = inside(element, '[role="slider"]')[0]!;
  tracks.focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(element.positionMs).toBe(5000);
  await userEvent.keyboard('{Shift>}{ArrowLeft}{/Shift}');
  expect(element.positionMs).toBe(4500);
  await userEvent.keyboard(']');
  expect(element.positionMs).toBe(8550);
  await userEvent.keyboard('[[');
  expect(element.positionMs).toBe(4300);
  await userEvent.keyboard('{End}');
  expect(element.positionMs).toBe(element.review?.durationMs);
  await userEvent.keyboard('{Home}');
  expect(element.positionMs).toBe(0);
  await userEvent.keyboard('..,');
  expect(element.speed).toBe(1.25);
  inside(element, 'input')[0]?.focus();
  await userEvent.keyboard('{ArrowLeft}');
  expect(element.positionMs).toBe(0);
});
