import { expect, test } from 'vitest';
import type { TrackerNews } from '../../core/turn-tracker.ts';
import type { SpeechFact } from '../vad/detector.ts';
import { SETTINGS } from '../vad/scripted-model.ts';
import { EchoGuard } from './echo-guard.ts';

const RATE = 16_000;
const WINDOW = 512;

/** A guard whose scores the test writes: how much of each moment is echo, by a fit to so much. Windows are counted from 0. */
function guard(likelihoodAt: (window: number, fitMs: number) => number) {
  const facts: SpeechFact[] = [];
  const labels: TrackerNews[] = [];
  let ids = 0;
  const it = new EchoGuard({
    settings: { ...SETTINGS, minSpeechMs: 250, endSilenceMs: 800, echoThreshold: 0.8 },
    clockRate: RATE,
    scorer: {
      score: (from, to) => {
        const likelihood = likelihoodAt(to / WINDOW - 1, ((to - from) / RATE) * 1000);
        return { likelihood, unexplained: likelihood > 0.8 ? 0 : 50, delayMs: 100 };
      },
    },
    newId: () => `id-${(ids += 1)}`,
    onFact: (fact) => facts.push(fact),
    onDoubt: (news) => labels.push(news),
  });
  const windows = (from: number, to: number, probability = 0.9) => {
    for (let n = from; n < to; n += 1) it.window(n * WINDOW, (n + 1) * WINDOW, probability);
  };
  const start = (window: number) =>
    it.detected({ type: 'start', onset: window * WINDOW, decided: (window + 1) * WINDOW });
  const confirm = (window: number) => it.detected({ type: 'confirmed', at: (window + 1) * WINDOW });
  const end = (window: number, misfire = false) =>
    it.detected({ type: 'end', end: window * WINDOW, decided: (window + 25) * WINDOW, misfire });
  return { it, facts, labels, windows, start, confirm, end };
}

const types = (items: readonly { type: string }[]) => items.map(({ type }) => type);

test('[ECHO-6] a doubtful start is told as such, with exactly one stop, and nothing follows from it', () => {
  const { facts, labels, windows, start, confirm, end } = guard(() => 0.97);
  start(10);
  windows(11, 17);
  confirm(17);
  windows(17, 60);
  end(60);
  expect(facts).toEqual([]);
  expect(labels).toEqual([
    expect.objectContaining({ type: 'vad-start', turnId: 'id-1', doubtful: true, echoLikelihood: 0.97 }),
    expect.objectContaining({ type: 'vad-stop', turnId: 'id-1', doubtful: true, misfire: true }),
  ]);
});

test('[ECHO-7] a user who talks over the echo is heard, from where they began, and confirmed by what is theirs', () => {
  const { facts, labels, windows, start, end } = guard((window) => (window < 40 ? 0.97 : 0.3));
  start(10);
  windows(11, 43);
  expect(types(labels)).toEqual(['vad-start', 'vad-stop']);
  expect(facts).toEqual([{ type: 'start', onset: 40 * WINDOW, decided: 43 * WINDOW, echoLikelihood: 0.3 }]);
  windows(43, 80);
  end(80);
  expect(facts.slice(1)).toEqual([
    { type: 'confirmed', at: 48 * WINDOW },
    { type: 'end', end: 80 * WINDOW, decided: 105 * WINDOW, misfire: false },
  ]);
});

test('[ECHO-8] a user who was doubted wrongly keeps their onset', () => {
  const { facts, windows, start } = guard((window) => (window === 10 ? 0.9 : 0.2));
  start(10);
  windows(11, 14);
  expect(facts).toEqual([{ type: 'start', onset: 10 * WINDOW, decided: 14 * WINDOW, echoLikelihood: 0.2 }]);
});

test('[ECHO-9] a start that turns out to be echo at its confirmation is a misfire', () => {
  const { facts, labels, windows, start, confirm, end } = guard((window) => (window < 12 ? 0.4 : 0.95));
  start(10);
  windows(11, 17);
  confirm(17);
  windows(18, 40);
  end(40);
  expect(types(facts)).toEqual(['start', 'end']);
  expect(facts[1]).toMatchObject({ misfire: true });
  expect(labels).toEqual([]);
});

test('[ECHO-10] one window that looks like more than echo is not the user', () => {
  const { facts, windows, start, end } = guard((window) => (window % 5 === 0 ? 0.5 : 0.97));
  start(11);
  windows(12, 60);
  end(60);
  expect(facts).toEqual([]);
});

test('[ECHO-18] what a long fit does not explain and a nearer one does is echo; what neither explains is the user', () => {
  // A /k/ behind a loud vowel, for four windows.
  const consonant = guard((window, fitMs) => (window >= 20 && window < 24 && fitMs > 200 ? 0.4 : 0.95));
  consonant.start(10);
  consonant.windows(11, 60);
  consonant.end(60);
  expect(consonant.facts).toEqual([]);
  const user = guard((window, fitMs) => (window < 20 ? 0.95 : fitMs > 200 ? 0.4 : 0.6));
  user.start(10);
  user.windows(11, 23);
  expect(user.facts).toEqual([{ type: 'start', onset: 20 * WINDOW, decided: 23 * WINDOW, echoLikelihood: 0.6 }]);
});

test('[ECHO-11] an echo does not keep the turn open that the user has ended', () => {
  const { facts, windows, start, confirm, end } = guard((window) => (window < 40 ? 0 : 0.97));
  start(10);
  windows(11, 17);
  confirm(17);
  windows(17, 90);
  end(90);
  expect(types(facts)).toEqual(['start', 'confirmed', 'end']);
  const last = facts[2];
  expect(last).toMatchObject({ misfire: false });
  expect(last?.type === 'end' && last.end / WINDOW).toBeGreaterThanOrEqual(40);
  expect(last?.type === 'end' && last.end / WINDOW).toBeLessThanOrEqual(45);
});

test('[ECHO-12] speech that outlasts the bot is the user’s; silence after it is not', () => {
  const outlasts = guard((window) => (window < 40 ? 0.97 : 0));
  outlasts.start(10);
  outlasts.windows(11, 50);
  expect(types(outlasts.facts)).toEqual(['start', 'confirmed']);
  const silence = guard((window) => (window < 40 ? 0.97 : 0));
  silence.start(10);
  silence.windows(11, 40);
  silence.windows(40, 65, 0.05);
  silence.end(40);
  expect(silence.facts).toEqual([]);
});

test('[ECHO-13] what the voice backend hears as the user is the user', () => {
  const { it, facts, labels, windows, start } = guard(() => 0.97);
  start(10);
  windows(11, 20);
  it.trust(20 * WINDOW);
  expect(types(facts)).toEqual(['start', 'confirmed']);
  expect(types(labels)).toEqual(['vad-start', 'vad-stop']);
});
