import { describe, expect, test } from 'vitest';
import { advanced, begun, cut, drained, lines, newsOf, started, stop } from '../scripted/tracker-facts.ts';

describe('turns of the bot', () => {
  const reply = [begun('u1', 't'), started('u1', 1000), drained('u1', 2000)];

  test('[TURN-9] a turn runs from its first frame put out to its last; the hang-over is waited for and trimmed', () => {
    expect(lines(newsOf(reply))).toEqual(['turn-start t bot 1000', 'file-open t/1 from 1000 onset 1000']);
    expect(lines(newsOf([...reply, advanced('bot', 2299)]))).toHaveLength(2);
    expect(lines(newsOf([...reply, advanced('bot', 2300)])).slice(2)).toEqual([
      'turn-end t 1000-2000 drained',
      'file-close t/1 to 2000',
    ]);
  });

  test('[TURN-9] several utterances with one turn id are one turn, with all their ids', () => {
    const news = newsOf([
      begun('u1', 't'),
      begun('u2', 't'),
      started('u1', 1000),
      drained('u1', 2000),
      advanced('bot', 9000),
      started('u2', 9500),
      begun('u3', 't'),
      drained('u2', 9900),
      started('u3', 9950),
      drained('u3', 9990),
      advanced('bot', 10_400),
    ]);
    expect(lines(news)).toEqual([
      'turn-start t bot 1000',
      'file-open t/1 from 1000 onset 1000',
      'turn-end t 1000-9990 drained',
      'file-close t/1 to 9990',
    ]);
    expect(news.find((item) => item.type === 'turn-end')).toMatchObject({
      turn: { utteranceIds: ['u1', 'u2', 'u3'], interrupted: false },
    });
  });

  test('[TURN-9] an utterance that drained without a frame makes no turn and holds none open', () => {
    expect(newsOf([begun('u', 't'), drained('u', 500), advanced('bot', 5000)])).toEqual([]);
    const held = [begun('u1', 't'), begun('u2', 't'), started('u1', 1000), drained('u1', 2000), drained('u2', 2000)];
    expect(lines(newsOf([...held, advanced('bot', 2300)]))).toContain('turn-end t 1000-2000 drained');
  });

  test('[TURN-9] an utterance within the hang-over goes on with the turn, which is not quiet any more', () => {
    const resumed = [...reply, begun('u2', 't'), started('u2', 2100)];
    expect(lines(newsOf([...resumed, cut(2600, ['u2'])]))).toContain('turn-end t 1000-2600 interrupted');
    expect(lines(newsOf([...resumed, drained('u2', 2700), advanced('bot', 3000)]))).toContain(
      'turn-end t 1000-2700 drained',
    );
  });

  test('[TURN-10] an utterance of another turn ends the open one at once, where it fell quiet', () => {
    expect(lines(newsOf([...reply, begun('u2', 'next'), started('u2', 2100)])).slice(2)).toEqual([
      'turn-end t 1000-2000 drained',
      'file-close t/1 to 2000',
      'turn-start next bot 2100',
      'file-open next/1 from 2100 onset 2100',
    ]);
  });

  test('[TURN-11] a further utterance of a turn that is over opens it again, its file the next part', () => {
    const news = newsOf([
      ...reply,
      advanced('bot', 2300),
      begun('u2', 't'),
      started('u2', 4000),
      advanced('bot', 4500),
      stop(4500),
    ]);
    expect(lines(news).slice(2)).toEqual([
      'turn-end t 1000-2000 drained',
      'file-close t/1 to 2000',
      'turn-start t bot 4000',
      'file-open t/2 from 4000 onset 4000',
      'turn-end t 4000-4500 session_stop',
      'file-close t/2 to 4500',
    ]);
  });

  test('[TURN-12] a cut ends the turn and its file on the frame given; what was queued is dropped for good', () => {
    const news = newsOf([
      begun('u1', 't'),
      begun('u2', 't'),
      started('u1', 1000),
      cut(1500, ['u1', 'u2']),
      started('u2', 1600),
      drained('u1', 1700),
      drained('u2', 1800),
      advanced('bot', 9000),
    ]);
    expect(lines(news).slice(2)).toEqual(['turn-end t 1000-1500 interrupted', 'file-close t/1 to 1500']);
    expect(news.at(-2)).toMatchObject({ turn: { interrupted: true, interruptionCause: 'client_vad' } });
  });

  test('[TURN-12] an utterance begun after the cut is not among the cut ones and plays', () => {
    const news = newsOf([
      begun('u1', 't1'),
      started('u1', 1000),
      begun('u2', 't2'),
      cut(1500, ['u1']),
      started('u2', 1600),
    ]);
    expect(lines(news)).toContain('turn-start t2 bot 1600');
  });

  test('[TURN-12] a cut with no open turn, or after everything was said, interrupts nothing', () => {
    expect(lines(newsOf([cut(100, []), begun('u', 't'), cut(200, ['u']), started('u', 300)]))).toEqual([
      'turn-unheard t/1 at 200 interrupted u',
    ]);
    expect(lines(newsOf([...reply, cut(2100, []), advanced('bot', 2400)])).slice(2)).toEqual([
      'turn-end t 1000-2000 drained',
      'file-close t/1 to 2000',
    ]);
  });

  test('[TURN-12] a cut between two utterances of a turn ends it where it fell quiet', () => {
    const facts = [begun('u1', 't'), begun('u2', 't'), started('u1', 1000), drained('u1', 2000), cut(2600, ['u2'])];
    expect(lines(newsOf(facts)).slice(2)).toEqual(['turn-end t 1000-2000 interrupted', 'file-close t/1 to 2000']);
  });
});

describe('turns of the bot that are never heard', () => {
  test('[HEAR-14] what waits behind the turn that is cut is unheard: one for each turn, once, after the cut one', () => {
    const waiting = [begun('u1', 't1'), begun('u2', 't2'), begun('u3', 't3'), begun('u4', 't3')];
    const news = newsOf([...waiting, started('u1', 1000), cut(1500, ['u1', 'u2', 'u3', 'u4']), stop(3000)]);
    expect(lines(news).slice(2)).toEqual([
      'turn-end t1 1000-1500 interrupted',
      'file-close t1/1 to 1500',
      'turn-unheard t2/1 at 1500 interrupted u2',
      'turn-unheard t3/1 at 1500 interrupted u3+u4',
    ]);
  });

  test('[HEAR-14] what waits behind a turn that was said to the end is unheard, and that turn is not cut', () => {
    const news = newsOf([
      begun('u', 't'),
      started('u', 1000),
      drained('u', 2000),
      begun('u2', 't2'),
      cut(2100, ['u2']),
      advanced('bot', 2400),
    ]);
    expect(lines(news).slice(2)).toEqual([
      'turn-unheard t2/1 at 2100 interrupted u2',
      'turn-end t 1000-2000 drained',
      'file-close t/1 to 2000',
    ]);
  });

  test('[HEAR-14] what waits in the turn that is cut is a part of it', () => {
    const news = newsOf([begun('u1', 't'), begun('u2', 't'), started('u1', 1000), cut(1500, ['u1', 'u2'])]);
    expect(lines(news).slice(2)).toEqual(['turn-end t 1000-1500 interrupted', 'file-close t/1 to 1500']);
  });

  test('[HEAR-14] what the end of the session finds waiting is unheard by its reason', () => {
    const news = newsOf([begun('u1', 't1'), begun('u2', 't2'), started('u1', 1000), advanced('bot', 1200), stop(1200)]);
    expect(lines(news).slice(2)).toEqual([
      'turn-end t1 1000-1200 session_stop',
      'file-close t1/1 to 1200',
      'turn-unheard t2/1 at 1200 session_stop u2',
    ]);
  });
});
