import { describe, expect, test } from 'vitest';
import {
  advanced,
  closed,
  confirmed,
  counts,
  end,
  lines,
  newsOf,
  SETTINGS,
  start,
  stop,
} from '../scripted/tracker-facts.ts';
import { type SpeechSource, TurnTracker } from './turn-tracker.ts';

describe('one start for each utterance', () => {
  const sources: readonly SpeechSource[] = ['client', 'server'];
  const orders = sources.flatMap((a) =>
    sources.flatMap((b) => sources.flatMap((c) => sources.map((d) => [a, b, c, d] as const))),
  );

  test.each(orders)('[TURN-1] starts by %s, %s and stops by %s, %s are one start and one stop', (a, b, c, d) => {
    const news = newsOf([start(a, 1000, 't1'), start(b, 1010, 't2'), confirmed(1300), end(c, 3000), end(d, 3010)]);
    expect(counts(news)).toEqual([1, 1, 1, 1]);
    expect(lines(news)[0]).toMatch(/^vad-start t1 onset 1000/);
    expect(lines(news)).toContain('turn-end t1 1000-3000 speech_end');
  });

  test.each(orders)('[TURN-1] after %s, %s and %s, %s the next utterance starts again', (a, b, c, d) => {
    const once = [start(a, 1000, 't1'), start(b, 1010, 't2'), confirmed(1300), end(c, 3000), end(d, 3010)];
    const again = [start(a, 9000, 't3'), start(b, 9010, 't4'), confirmed(9300), end(c, 9900), end(d, 9910)];
    expect(counts(newsOf([...once, ...again]))).toEqual([2, 2, 2, 2]);
  });

  test('[TURN-1] every order of two starts and two stops of two detectors starts as often as it stops', () => {
    const facts = [start('client', 1000, 'c'), start('server', 1010, 's'), end('client', 3000), end('server', 3010)];
    for (const order of permutations(facts)) {
      const [vadStarts, turnStarts, vadStops, turnEnds] = counts(newsOf([...order, stop(5000)]));
      expect(vadStarts).toBe(vadStops);
      expect(turnStarts).toBe(turnEnds);
      expect(vadStarts).toBeGreaterThan(0);
    }
  });

  test('[TURN-2] a stop that is owed for an utterance already over never ends the next one', () => {
    const news = newsOf([
      start('server', 1000, 't1'),
      start('client', 1010, 't2'),
      end('server', 2000),
      // The user goes on; the device's detector heard no silence, the backend's did.
      start('server', 2500, 't3'),
      end('client', 4000),
      end('server', 4100),
    ]);
    expect(lines(news).filter((line) => line.startsWith('turn-end'))).toEqual([
      'turn-end t1 1000-2000 speech_end',
      'turn-end t3 2500-4100 speech_end',
    ]);
  });

  test('[TURN-2] a start of the backend for an utterance already over is not the start of another one', () => {
    const news = newsOf([
      start('client', 1000, 't1'),
      confirmed(1300),
      end('client', 3000),
      start('server', 1050, 't2'),
      end('server', 3000),
    ]);
    expect(counts(news)).toEqual([1, 1, 1, 1]);
  });
});

describe('turns of the user', () => {
  test('[TURN-3] a start on the device is told at once; turn and file follow when it is confirmed, from the onset', () => {
    const tracker = new TurnTracker(SETTINGS);
    expect(lines(tracker.feed(start('client', 1000, 't')))).toEqual(['vad-start t onset 1000 decided 1032']);
    expect(tracker.openTurn('user')).toBeUndefined();
    expect(lines(tracker.feed(confirmed(1300)))).toEqual([
      'turn-start t user 1000',
      'file-open t/1 from 500 onset 1000',
    ]);
    expect(tracker.openTurn('user')).toMatchObject({ turnId: 't', start: 1000, end: undefined });
  });

  test('[TURN-4] a misfire stops what started, and makes no turn and no file', () => {
    expect(lines(newsOf([start('client', 1000, 't'), end('client', 1100, true), stop(5000)]))).toEqual([
      'vad-start t onset 1000 decided 1032',
      'vad-stop t end 1100 misfire',
    ]);
  });

  test('[TURN-5] a start by the backend needs no confirmation', () => {
    expect(lines(newsOf([start('server', 1000, 't')]))).toEqual([
      'vad-start t onset 1000 decided 1032',
      'turn-start t user 1000',
      'file-open t/1 from 500 onset 1000',
    ]);
  });

  test('[TURN-5] the backend confirms what the device only suspects; the onset is the one found first', () => {
    expect(lines(newsOf([start('client', 1000, 't1'), start('server', 1100, 't2')])).slice(1)).toEqual([
      'turn-start t1 user 1000',
      'file-open t1/1 from 500 onset 1000',
    ]);
  });

  test('[TURN-6] a confirmed turn is never a misfire', () => {
    const news = newsOf([start('client', 1000, 't'), start('server', 1050, 's'), end('client', 1200, true)]);
    expect(lines(news).slice(3)).toEqual([
      'vad-stop t end 1200',
      'turn-end t 1000-1200 speech_end',
      'file-close t/1 to 1400',
    ]);
  });

  test('[TURN-6] a stop that is no misfire confirms what it ends', () => {
    const news = newsOf([start('client', 1000, 't'), end('client', 1400)]);
    expect(lines(news)).toContain('turn-end t 1000-1400 speech_end');
  });

  test('[TURN-7] a file begins a pre-roll before the onset, not before the session and not in the file before', () => {
    const early = newsOf([start('server', 200, 't')]);
    expect(lines(early)).toContain('file-open t/1 from 0 onset 200');
    const close = newsOf([start('server', 1000, 't1'), end('server', 2000), start('server', 2350, 't2')]);
    expect(lines(close)).toContain('file-close t1/1 to 2200');
    expect(lines(close)).toContain('file-open t2/1 from 2200 onset 2350');
  });

  test('[TURN-8] a file ends a post-roll after the last speech, not after the decision and not beyond the capture', () => {
    expect(closed([end('client', 2000)])).toBe('file-close t/1 to 2200');
    expect(
      closed([{ type: 'speech-end', speaker: 'user', source: 'server', end: 2000, decided: 2050, misfire: false }]),
    ).toBe('file-close t/1 to 2050');
    expect(closed([advanced('user', 2100), end('server', 2000)])).toBe('file-close t/1 to 2100');
  });
});

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}
