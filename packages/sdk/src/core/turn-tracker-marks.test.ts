import { describe, expect, test } from 'vitest';
import {
  advanced,
  begun,
  confirmed,
  cut,
  drained,
  end,
  lines,
  manualEnd,
  manualStart,
  newsOf,
  start,
  started,
  stop,
} from '../scripted/tracker-facts.ts';

describe('attached streams and marks', () => {
  test('[TURN-13] a stream of the bot has turns by voice activity, and no vad news', () => {
    const news = newsOf([start('client', 1000, 't', 'bot'), confirmed(1300, 'bot'), end('client', 2000, false, 'bot')]);
    expect(lines(news)).toEqual([
      'turn-start t bot 1000',
      'file-open t/1 from 500 onset 1000',
      'turn-end t 1000-2000 speech_end',
      'file-close t/1 to 2200',
    ]);
  });

  test('[TURN-13] a cut ends the turn of a stream, also one that was not confirmed yet', () => {
    for (const facts of [[confirmed(1300, 'bot')], []]) {
      const news = newsOf([
        start('client', 1000, 't', 'bot'),
        ...facts,
        cut(1400, []),
        end('client', 1400, true, 'bot'),
      ]);
      expect(lines(news).slice(2)).toEqual(['turn-end t 1000-1400 interrupted', 'file-close t/1 to 1400']);
    }
  });

  test('[TURN-14] a turn by mark begins and ends at its marks, without pre-roll and whatever detectors say', () => {
    const news = newsOf([
      manualStart(1000, 't'),
      manualStart(1100, 'again'),
      start('client', 1200, 'x'),
      confirmed(1500),
      end('client', 1800),
      manualEnd(2000),
      manualEnd(2100),
    ]);
    expect(lines(news)).toEqual([
      'turn-start t user 1000',
      'file-open t/1 from 1000 onset 1000',
      'turn-end t 1000-2000 manual',
      'file-close t/1 to 2000',
    ]);
  });

  test('[TURN-13] a stop owed for a turn that was cut does not end what a mark or the backend opened since', () => {
    const facts = [start('client', 1000, 't', 'bot'), confirmed(1300, 'bot'), cut(1400, [])];
    const news = newsOf([
      ...facts,
      start('server', 1500, 'next', 'bot'),
      end('client', 1700, false, 'bot'),
      stop(2000),
    ]);
    expect(lines(news)).toContain('turn-end next 1500-2000 session_stop');
  });

  test('[TURN-14] utterances that play during a turn by mark are part of it', () => {
    const news = newsOf([
      begun('u', 'x'),
      manualStart(1000, 't', 'bot'),
      started('u', 1100),
      drained('u', 1500),
      advanced('bot', 3000),
      manualEnd(3000, 'bot'),
      advanced('bot', 9000),
    ]);
    expect(lines(news)).toEqual([
      'turn-start t bot 1000',
      'file-open t/1 from 1000 onset 1000',
      'turn-end t 1000-3000 manual',
      'file-close t/1 to 3000',
    ]);
  });

  test('[TURN-14] a detector that began during a turn by mark does not begin another one when it is over', () => {
    expect(
      lines(
        newsOf([
          manualStart(1000, 't'),
          start('client', 1200, 'x'),
          manualEnd(2000),
          confirmed(2100),
          end('client', 2500),
        ]),
      ),
    ).toHaveLength(4);
  });

  test('[TURN-14] a mark takes over from what a detector opened, and a mark ends what a detector opened', () => {
    const takenOver = newsOf([start('server', 1000, 'd'), manualStart(2000, 'm')]);
    expect(lines(takenOver).slice(3)).toEqual([
      'vad-stop d end 2000',
      'turn-end d 1000-2000 manual',
      'file-close d/1 to 2000',
      'turn-start m user 2000',
      'file-open m/1 from 2000 onset 2000',
    ]);
    expect(lines(newsOf([start('server', 1000, 'd'), manualEnd(1500)]))).toContain('turn-end d 1000-1500 manual');
    expect(lines(newsOf([start('client', 1000, 'd'), manualStart(1100, 'm')]))).toContain(
      'vad-stop d end 1100 misfire',
    );
  });
});
