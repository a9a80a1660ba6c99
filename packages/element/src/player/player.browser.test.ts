import axe from 'axe-core';
import type { Session } from 'turntape';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import './index.ts';
import { WORKSHOP, anHour } from './testing/scripted-calls.ts';
import { ScriptedReview } from './testing/scripted-review.ts';
import { PLAYER_STATES, until } from './testing/states.ts';
import type { TurnTapePlayer } from './turn-tape-player.ts';

// Browsers refuse sound before a gesture.
beforeAll(() => userEvent.click(document.body));

afterEach(() => document.body.replaceChildren());

/** A player on the page with the call to the workshop, ready. */
async function ready(prepare: (element: TurnTapePlayer) => void = () => undefined, turns = WORKSHOP) {
  const review = new ScriptedReview(turns);
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

const slider = (element: TurnTapePlayer): HTMLElement => inside(element, '[role="slider"]')[0]!;

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

test('[REVIEW-4] one turn alone plays and stops by its own button; what nobody heard has one, too, and moves nothing', async () => {
  const { element, review } = await ready();
  const button = (): HTMLElement => inside(element, '[part~="turn-play-button"]')[3]!;
  await userEvent.click(button());
  await until(element, () => element.state === 'playing');
  expect(button().getAttribute('aria-label')).toBe('Stop turn 4, User');
  await userEvent.click(button());
  expect(element.state).toBe('paused');
  const at = element.positionMs;
  await userEvent.click(inside(element, '[part~="unheard-button"]')[0]!);
  const tail = review.stored.segments.find(({ unheardTail }) => unheardTail)?.segmentId;
  await until(element, () => review.read.includes(tail ?? ''));
  expect(element.positionMs).toBe(at);
});

test('[REVIEW-13] a file that is not here is said when it is wanted, the rest plays; sealed files are not tried', async () => {
  const gone = WORKSHOP.map((turn, index) => (index === 1 ? { ...turn, goneTo: 'r/1.ogg' } : turn));
  const { element } = await ready(undefined, gone);
  await until(element, () => inside(element, '[part~="gone"]').length === 1);
  expect(text(inside(element, '[part~="gone"]')[0])).toBe('The audio is at r/1.ogg');
  element.seek(3000);
  await element.play();
  await until(element, () => element.positionMs > 4800);
  element.remove();

  const sealed = await ready(
    undefined,
    WORKSHOP.map((turn) => ({ ...turn, tail: false, sealed: true })),
  );
  expect(text(inside(sealed.element, '[part~="failure-code"]')[0])).toBe('Code: audio_sealed');
  expect(inside(sealed.element, '[part~="play-button"]')[0]?.hasAttribute('disabled')).toBe(true);
  expect(sealed.review.read).toEqual([]);
});

test('[REVIEW-13] words without a file are of audio that is gone, but in a session that still runs: there it is not here yet', async () => {
  const words = [{ speaker: 'bot', startMs: 2000, ms: 1000, text: 'One moment.', wordsOnly: true }] as const;
  for (const [live, gone] of [
    [false, 1],
    [true, 0],
  ] as const) {
    const review = new ScriptedReview([...WORKSHOP.slice(0, 2), ...words], { live });
    const { element } = await ready((fresh) => Object.assign(fresh, { recorder: review, sessionId: review.sessionId }));
    expect(text(element.shadowRoot!.querySelector('[part~="transcript"]')!)).toContain('One moment.');
    expect(inside(element, '[part~="gone"]')).toHaveLength(gone);
    element.remove();
  }
});

test('[REVIEW-16] a turn, the session and everything of it are handed to the browser as files', async () => {
  const names: string[] = [];
  HTMLAnchorElement.prototype.click = function saved(this: HTMLAnchorElement) {
    names.push(this.download);
  };
  const { element, review } = await ready();
  const press = async (part: string): Promise<void> => {
    const count = names.length;
    inside(element, `[part~="${part}"]`)[0]?.click();
    await until(element, () => names.length > count);
  };
  await press('download-turn-button');
  await press('download-session-button');
  await press('download-bundle-button');
  Reflect.deleteProperty(HTMLAnchorElement.prototype, 'click');
  expect(names).toEqual(['0001-bot.wav', `${review.sessionId}.opus`, `${review.sessionId}.zip`]);
});

test('[REVIEW-14] texts are replaced one by one; in a page from right to left the words turn, and time does not', async () => {
  const { element } = await ready((player) => {
    player.dir = 'rtl';
    player.texts = { user: 'Anna', play: 'Wiedergeben', failures: {} };
  });
  expect(text(inside(element, '[part~="lane-name"]')[0])).toBe('Anna');
  expect(inside(element, '[part~="play-button"]')[0]?.getAttribute('aria-label')).toBe('Wiedergeben');
  expect(inside(element, '[part~="next-button"]')[0]?.getAttribute('aria-label')).toBe('Next turn');
  const box = slider(element).getBoundingClientRect();
  await userEvent.click(slider(element), { position: { x: box.width - 4, y: 80 } });
  expect(element.positionMs).toBeGreaterThan(30_000);
});

test('[REVIEW-14] it draws all it has under a policy that forbids inline styles and media', async () => {
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = "style-src-attr 'none'; media-src 'none'; img-src 'none'";
  document.head.append(policy);
  const broken: string[] = [];
  document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => broken.push(violatedDirective));
  const { element } = await ready();
  element.seek(8600);
  await element.play();
  await until(element, () => element.positionMs > 8800);
  expect(broken).toEqual([]);
});

test('[REVIEW-15] moved within the page it goes on; taken out for good it falls silent and lets go', async () => {
  const { element } = await ready();
  element.seek(8600);
  await element.play();
  await until(element, () => element.state === 'playing');
  const other = document.createElement('div');
  document.body.append(other);
  other.append(element);
  await element.updateComplete;
  await new Promise((resolve) => requestAnimationFrame(resolve));
  expect([element.state, element.phase]).toEqual(['playing', 'ready']);
  // Some frameworks take it out in one step and put it back in the next; and there is a move that takes nothing out.
  element.remove();
  await Promise.resolve();
  await Promise.resolve();
  document.body.append(element);
  await new Promise((resolve) => requestAnimationFrame(resolve));
  expect([element.state, element.phase]).toEqual(['playing', 'ready']);
  (other as { moveBefore?: (node: Node, before: null) => void }).moveBefore?.(element, null);
  await new Promise((resolve) => requestAnimationFrame(resolve));
  expect([element.state, element.phase]).toEqual(['playing', 'ready']);
  // Back while it still lets go: that must not close what is opened now.
  const letsGo = new Promise<void>((resolve) =>
    new MutationObserver(() => resolve()).observe(element, { attributeFilter: ['phase'] }),
  );
  element.remove();
  await letsGo;
  expect([element.state, element.phase]).toEqual(['paused', 'idle']);
  document.body.append(element);
  await until(element, () => element.phase === 'ready');
  element.remove();
  await until(element, () => element.phase === 'idle' && element.stats.decodedSeconds === 0);
  document.body.append(element);
  await until(element, () => element.phase === 'ready');
});

test('[REVIEW-15] put back while it still lets go of a session that runs, it follows that as before', async () => {
  const { element, review } = await ready();
  const listeners = new Set<unknown>();
  const on = (_type: string, listener: unknown): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  element.session = { sessionId: review.sessionId, on } as unknown as Session;
  await until(element, () => element.phase === 'ready' && listeners.size > 0);
  element.seek(8600);
  await element.play();
  await until(element, () => element.state === 'playing');
  // The sound takes its time to close.
  const gate = new EventTarget();
  const opened = new Promise((resolve) => gate.addEventListener('open', resolve));
  const close = vi.spyOn(AudioContext.prototype, 'close').mockImplementation(async () => void (await opened));
  element.remove();
  await until(element, () => element.phase === 'idle' && close.mock.calls.length > 0);
  document.body.append(element);
  await element.updateComplete;
  close.mockRestore();
  gate.dispatchEvent(new Event('open'));
  await until(element, () => element.phase === 'ready');
  // Whatever comes after the closing has run by then.
  await new Promise((resolve) => requestAnimationFrame(resolve));
  await new Promise((resolve) => requestAnimationFrame(resolve));
  expect(listeners.size).toBeGreaterThan(0);
});
