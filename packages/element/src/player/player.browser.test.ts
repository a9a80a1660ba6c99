import axe from 'axe-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import './index.ts';
import { inside, ready, slider, text } from './testing/mount.ts';
import { WORKSHOP, anHour } from './testing/scripted-calls.ts';
import { PLAYER_STATES, until } from './testing/states.ts';

// Browsers refuse sound before a gesture.
beforeAll(() => userEvent.click(document.body));

afterEach(() => document.body.replaceChildren());

async function violations(rules?: string[]): Promise<string[]> {
  const results = await axe.run(document.body, {
    resultTypes: ['violations'],
    rules: { region: { enabled: false } },
    ...(rules && { runOnly: { type: 'rule', values: rules } }),
  });
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.flat().join(' ')}: ${failureSummary}`),
  );
}

test.for(PLAYER_STATES)(
  '[REVIEW-1] [REVIEW-9] $name: it is seen, and axe finds nothing wrong in light and dark',
  async (state) => {
    const { element, leave } = await state.show(document.body);
    expect(text(inside(element, '.base')[0])).not.toBe('');
    // Of an hour's list one row is as another: axe looks at each.
    if (state.name === 'hour') for (const row of inside(element, '[part~="turn"]').slice(12)) row.remove();
    expect(await violations()).toEqual([]);
    element.style.colorScheme = 'dark';
    document.body.style.background = '#000';
    await element.updateComplete;
    expect(await violations(['color-contrast'])).toEqual([]);
    document.body.style.background = '';
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

test('[WORD-14] what nobody heard of the words is drawn as such, and said to be so', async () => {
  const { element } = await ready();
  const [unheard, ...others] = inside(element, '[part~="unheard-words"]');
  expect(others).toEqual([]);
  expect(unheard?.closest('[part~="turn"]')).toBe(inside(element, '[part~="turn"]')[2]);
  expect(unheard?.localName).toBe('s');
  expect(text(unheard)).toMatch(/^\(not heard:\) touring bike/);
  expect(text(unheard?.parentElement ?? undefined)).toContain(
    'Let me look that up. I see three bicycles that came in on Monday: a blue (not',
  );
});

test('[REVIEW-2] words are clicked to go there, a click or a drag on the timeline seeks, and the turn that is heard is marked', async () => {
  const { element } = await ready();
  const changed: (string | undefined)[] = [];
  element.addEventListener('turnchange', (event) => changed.push((event as CustomEvent).detail.turn?.speaker));
  await userEvent.click(inside(element, '[part~="words"]')[4]!);
  expect(element.positionMs).toBe(15_100);
  await element.updateComplete;
  expect(inside(element, '[aria-current="true"]').map(text)[0]).toContain('The blue touring bike');
  expect(changed).toEqual(['bot']);
  const { width } = slider(element).getBoundingClientRect();
  await userEvent.click(slider(element), { position: { x: width / 2, y: 80 } });
  expect(element.positionMs / element.review!.durationMs).toBeCloseTo(0.5, 1);
});

test('[REVIEW-6] keys move, step from turn to turn, change the speed, and are left to fields and buttons', async () => {
  const { element } = await ready();
  slider(element).focus();
  const steps: [keys: string, ms: number][] = [
    ['{ArrowRight}', 5000],
    ['{Shift>}{ArrowLeft}{/Shift}', 4500],
    [']', 8550],
    ['[[', 4300],
    ['[[[[', 400],
    ['{PageDown}', 30_400],
    ['{End}', element.review!.durationMs],
    ['{Home}', 0],
  ];
  for (const [keys, ms] of steps) {
    // Two brackets are one in the language of these keys.
    await userEvent.keyboard(keys);
    expect(element.positionMs, keys).toBe(ms);
  }
  await userEvent.keyboard('..,');
  expect(element.speed).toBe(1.25);
  await userEvent.keyboard('+');
  await userEvent.keyboard(' ');
  await until(element, () => element.state === 'playing');
  await userEvent.keyboard(' ');
  expect(element.state).toBe('paused');
  const at = element.positionMs;
  inside(element, 'input')[0]?.focus();
  await userEvent.keyboard('{ArrowLeft}{Home}');
  inside(element, '[part~="mute-button"]')[0]?.focus();
  await userEvent.keyboard(' ');
  expect([element.positionMs, element.state]).toEqual([at, 'paused']);
  expect(inside(element, '[part~="mute-button"]')[0]?.getAttribute('aria-pressed')).toBe('true');
});

test('[REVIEW-6] the list is one stop of Tab; up and down go from turn to turn in it', async () => {
  const { element } = await ready();
  inside(element, '[part~="words"]')[0]?.focus();
  await userEvent.keyboard('{ArrowDown}{ArrowDown}');
  const focused = (): string => text(element.shadowRoot!.activeElement ?? undefined);
  expect(focused()).toContain('Let me look that up');
  await userEvent.keyboard('{Tab}');
  expect(element.shadowRoot!.activeElement?.getAttribute('aria-label')).toContain('nobody heard');
  await userEvent.keyboard('{Tab}');
  expect(element.shadowRoot!.activeElement?.closest('.transcript') ?? null).toBeNull();
  const stops = inside(element, '.transcript button').filter(({ tabIndex }) => tabIndex === 0);
  expect(new Set(stops.map((node) => node.closest('li'))).size).toBe(1);
});

test('[REVIEW-7] of an hour no more is drawn than of a minute, wherever it is', async () => {
  const short = (await ready()).element;
  await until(short, () => short.stats.painted.bars > 0);
  const some = short.stats.painted;
  document.body.replaceChildren();
  const { element } = await ready(undefined, anHour());
  const { width } = slider(element).getBoundingClientRect();
  const bars = Math.ceil(width / 3) * 2;
  for (const ms of [0, 1_800_000, 3_590_000]) {
    element.seek(ms);
    await until(element, () => element.stats.outlines > 500 && element.stats.painted.turns > 0);
    const { painted } = element.stats;
    expect(painted.turns).toBeLessThan(60);
    expect(painted.bars).toBeLessThanOrEqual(bars + 2 * painted.turns);
  }
  expect(element.review!.turns.length).toBeGreaterThan(30 * some.turns);
  // All of it at once: as many bars as there are pixels for, whatever lies under them.
  inside(element, '[part~="fit-button"]')[0]?.click();
  await until(element, () => element.stats.painted.turns > 500);
  expect(element.stats.painted.columns).toBeLessThan(3 * width);
});

test('[REVIEW-18] wherever a jump goes in an hour, the turn that is heard there is in sight in the list', async () => {
  const { element } = await ready(undefined, anHour());
  const list = inside(element, 'ol.transcript')[0]!;
  const { turns } = element.review!;
  for (const place of [0.5, 0.999, 0.25, 0.75, 0]) {
    element.seek(turns[Math.floor(place * turns.length)]!.startMs + 300);
    await until(element, () => {
      const row = inside(element, 'li[data-current]')[0]?.getBoundingClientRect();
      const frame = list.getBoundingClientRect();
      return row !== undefined && row.top >= frame.top - 1 && row.bottom <= frame.bottom + 1;
    });
  }
});

test('[REVIEW-9] the slider says in words where it is and who speaks', async () => {
  const { element } = await ready();
  element.seek(12_500);
  await element.updateComplete;
  expect(slider(element).getAttribute('aria-valuetext')).toBe('12 seconds of 36 seconds, bot and user speaking');
  expect(slider(element).getAttribute('aria-valuemax')).toBe('37');
});

test('[REVIEW-10] while it plays nothing is announced, and the slider speaks when it was asked to', async () => {
  const { element } = await ready();
  const said: string[] = [];
  const status = inside(element, '[role="status"]').at(-1)!;
  expect(text(status)).toBe('Session loaded: 11 turns, 36 seconds');
  new MutationObserver(() => said.push(text(status))).observe(status, {
    characterData: true,
    childList: true,
    subtree: true,
  });
  const moves: string[] = [];
  element.seek(8600);
  await element.updateComplete;
  new MutationObserver(() => moves.push('moved')).observe(slider(element), { attributeFilter: ['aria-valuetext'] });
  await element.play();
  await until(element, () => element.positionMs > 9400);
  // Once when it began, and not with each frame.
  expect(moves.length).toBeLessThanOrEqual(2);
  expect(said).toEqual([]);
  element.pause();
  slider(element).focus();
  await userEvent.keyboard(']');
  await element.updateComplete;
  expect(said.at(-1)).toBe('Turn 4 of 11, User, at 12 seconds');
});
