import { describe, expect, test } from 'vitest';
import {
  SETTINGS,
  advanced,
  begun,
  confirmed,
  cut,
  drained,
  end,
  lines,
  manualEnd,
  newsOf,
  overlapOf,
  start,
  started,
  stop,
} from '../scripted/tracker-facts.ts';
import type { TrackerFact } from './turn-tracker.ts';

describe('overlaps and parts', () => {
  const reply = [begun('u', 'bot'), started('u', 1000)];

  test('[TURN-15] a turn that begins while the other speaker has the floor says so, by frames', () => {
    const barge = newsOf([...reply, start('client', 1800, 'user'), cut(1840, ['u']), confirmed(2100), stop(5000)]);
    expect(overlapOf(barge, 'user')).toBe('bot');
    expect(overlapOf(barge, 'bot')).toBeUndefined();
    const after = newsOf([...reply, drained('u', 1500), start('server', 1600, 'user'), stop(5000)]);
    expect(overlapOf(after, 'user')).toBeUndefined();
  });

  test('[TURN-15] facts of the other track that come late are right at the end of the turn', () => {
    // The user spoke from 900 on, confirmed only after the bot had begun.
    const news = newsOf([start('client', 900, 'user'), ...reply, confirmed(1150), stop(5000)]);
    expect(news.find((item) => item.type === 'turn-start')).toMatchObject({ turn: { overlapsTurnId: undefined } });
    expect(overlapOf(news, 'bot')).toBe('user');
    expect(overlapOf(news, 'user')).toBeUndefined();
  });

  test('[TURN-16] a file that gets too long is cut into parts at exactly its length; the turn goes on', () => {
    const short = { ...SETTINGS, maxSegmentMs: 1000 };
    const news = newsOf(
      [start('server', 1000, 't'), advanced('user', 1500), advanced('user', 2700), end('client', 3000)],
      short,
    );
    expect(lines(news).slice(2)).toEqual([
      'file-open t/1 from 500 onset 1000',
      'file-close t/1 to 1500 more',
      'file-open t/2 from 1500 onset 1500',
      'file-close t/2 to 2500 more',
      'file-open t/3 from 2500 onset 2500',
      'vad-stop t end 3000',
      'turn-end t 1000-3000 speech_end',
      'file-close t/3 to 3200',
    ]);
  });
});

test('[TURN-16] a hang-over across the length of a file makes no empty part', () => {
  const short = { ...SETTINGS, maxSegmentMs: 1000 };
  const quiet = [begun('u', 't'), started('u', 1000), drained('u', 1900), advanced('bot', 2050)];
  expect(lines(newsOf([...quiet, advanced('bot', 2250)], short)).slice(-2)).toEqual([
    'turn-end t 1000-1900 drained',
    'file-close t/1 to 1900',
  ]);
  const resumed = [...quiet, begun('u2', 't'), started('u2', 2150), advanced('bot', 2160)];
  expect(lines(newsOf(resumed, short)).slice(2)).toEqual([
    'file-close t/1 to 2000 more',
    'file-open t/2 from 2000 onset 2000',
  ]);
});

describe('the flush table', () => {
  const user = [start('server', 1000, 'user')];
  const bot = [begun('u', 'bot'), started('u', 1000)];
  const rows: readonly [string, readonly TrackerFact[], readonly string[]][] = [
    [
      'R-04 the user falls silent: the user turn ends, not interrupted',
      [...user, end('client', 3000)],
      ['user speech_end'],
    ],
    ['R-04 the app ends the user turn', [...user, manualEnd(3000)], ['user manual']],
    ['R-05 the bot drains: the bot turn ends', [...bot, drained('u', 2000), advanced('bot', 2300)], ['bot drained']],
    ['R-05 a dry queue is no end', [...bot, advanced('bot', 20_000)], []],
    ['R-06 an interruption ends the bot turn alone', [...bot, ...user, cut(1500, ['u'])], ['bot interrupted']],
    ['R-07 the session ends: bot, then user', [...user, ...bot, stop(4000)], ['bot session_stop', 'user session_stop']],
    [
      'R-07 the session ends after the bot had drained',
      [...user, ...bot, drained('u', 2000), stop(2100)],
      ['bot drained', 'user session_stop'],
    ],
    ['R-08 speech that was none makes no turn', [start('client', 1000, 'x'), end('client', 1050, true)], []],
    ['R-08 an utterance never heard makes no turn', [begun('u', 'bot'), cut(500, ['u']), stop(900)], []],
    ['R-09 a second start replaces nothing', [...user, ...user, end('client', 3000)], ['user speech_end']],
  ];
  test.each(rows)('[TURN-17] %s', (_row, facts, ends) => {
    const news = newsOf(facts);
    expect(
      news.flatMap((item) => (item.type === 'turn-end' ? [`${item.turn.speaker} ${item.turn.endReason}`] : [])),
    ).toEqual(ends);
    for (const item of news)
      if (item.type === 'turn-end') expect(item.turn.interrupted).toBe(item.turn.endReason === 'interrupted');
  });

  test('[TURN-17] after the end of the session nothing follows from anything', () => {
    const news = newsOf([...user, stop(2000), ...bot, end('client', 3000), start('server', 4000, 'x'), stop(5000)]);
    expect(news).toEqual(newsOf([...user, stop(2000)]));
  });

  test('[TURN-17] an unconfirmed start ends with the session as a misfire', () => {
    expect(lines(newsOf([start('client', 1000, 't'), stop(1100)]))).toEqual([
      'vad-start t onset 1000 decided 1032',
      'vad-stop t end 1100 misfire',
    ]);
  });
});
