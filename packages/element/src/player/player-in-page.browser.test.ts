import type { Session } from 'turntape';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import './index.ts';
import { inside, ready, slider, text } from './testing/mount.ts';
import { WORKSHOP } from './testing/scripted-calls.ts';
import { ScriptedReview } from './testing/scripted-review.ts';
import { until } from './testing/states.ts';

// Browsers refuse sound before a gesture.
beforeAll(() => userEvent.click(document.body));

afterEach(() => document.body.replaceChildren());

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
