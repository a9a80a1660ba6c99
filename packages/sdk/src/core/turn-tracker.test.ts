import { describe, expect, test } from 'vitest';
import { type SpeechSource, type TrackerFact, type TrackerNews, TurnTracker } from './turn-tracker.ts';
import type { Speaker } from './turn.ts';

// One frame is one millisecond here, so that the numbers can be read.
const SETTINGS = { clockRate: 1000, preRollMs: 500, postRollMs: 200, botHangoverMs: 300, maxSegmentMs: 300_000 };

/** Feeds facts to a new tracker and gives all news. */
function newsOf(facts: readonly TrackerFact[], settings = SETTINGS): TrackerNews[] {
  const tracker = new TurnTracker(settings);
  return facts.flatMap((fact) => tracker.feed(fact));
}

/** News on one line each: what a reader wants to see of them. */
function lines(news: readonly TrackerNews[]): string[] {
  return news.map((item): string => {
    if (item.type === 'turn-start') return `turn-start ${item.turn.turnId} ${item.turn.speaker} ${item.turn.start}`;
    if (item.type === 'turn-end')
      return `turn-end ${item.turn.turnId} ${item.turn.start}-${item.turn.end} ${item.turn.endReason}`;
    if (item.type === 'vad-start') return `vad-start ${item.turnId} onset ${item.onset} decided ${item.decided}`;
    if (item.type === 'vad-stop') return `vad-stop ${item.turnId} end ${item.end}${item.misfire ? ' misfire' : ''}`;
    if (item.type === 'turn-unheard') {
      const { turnId, start, endReason, utteranceIds } = item.turn;
      return `turn-unheard ${turnId}/${item.part} at ${start} ${endReason} ${utteranceIds.join('+')}`;
    }
    const file = `${item.type} ${item.turnId}/${item.part}`;
    if (item.type === 'file-open') return `${file} from ${item.from} onset ${item.onset}`;
    return `${file} to ${item.to}${item.isLast ? '' : ' more'}`;
  });
}

const start = (source: SpeechSource, onset: number, turnId: string, speaker: Speaker = 'user'): TrackerFact => ({
  type: 'speech-start',
  speaker,
  source,
  onset,
  decided: onset + 32,
  turnId,
});
const confirmed = (at: number, speaker: Speaker = 'user'): TrackerFact => ({ type: 'speech-confirmed', speaker, at });
const end = (source: SpeechSource, at: number, misfire = false, speaker: Speaker = 'user'): TrackerFact => ({
  type: 'speech-end',
  speaker,
  source,
  end: at,
  decided: at + 800,
  misfire,
});
const begun = (utteranceId: string, turnId: string): TrackerFact => ({ type: 'utterance-begun', utteranceId, turnId });
const started = (utteranceId: string, at: number): TrackerFact => ({ type: 'utterance-started', utteranceId, at });
const drained = (utteranceId: string, at: number): TrackerFact => ({ type: 'utterance-drained', utteranceId, at });
const advanced = (speaker: Speaker, to: number): TrackerFact => ({ type: 'advanced', speaker, to });
const cut = (at: number, utteranceIds: readonly string[]): TrackerFact => ({
  type: 'cut',
  at,
  utteranceIds,
  cause: 'client_vad',
});
const stop = (at: number): TrackerFact => ({ type: 'session-end', at, reason: 'session_stop' });
const manualStart = (at: number, turnId: string, speaker: Speaker = 'user'): TrackerFact => ({
  type: 'manual-start',
  speaker,
  at,
  turnId,
});
const manualEnd = (at: number, speaker: Speaker = 'user'): TrackerFact => ({ type: 'manual-end', speaker, at });

/** How many starts and stops were told: of the voice, and of turns. */
const counts = (news: readonly TrackerNews[]): number[] =>
  (['vad-start', 'turn-start', 'vad-stop', 'turn-end'] as const).map(
    (type) => news.filter((item) => item.type === type).length,
  );

/** Which turn a turn says it overlaps, when it has ended. */
const overlapOf = (news: readonly TrackerNews[], turnId: string): string | undefined =>
  news.flatMap((item) => (item.type === 'turn-end' && item.turn.turnId === turnId ? [item.turn] : [])).at(-1)
    ?.overlapsTurnId;

/** The last line of a turn of the user that these facts end. */
const closed = (facts: readonly TrackerFact[]): string | undefined =>
  lines(newsOf([start('server', 1000, 't'), ...facts])).at(-1);

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

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}
