import { type SpeechSource, type TrackerFact, type TrackerNews, TurnTracker } from '../core/turn-tracker.ts';
import type { Speaker } from '../core/turn.ts';

/** Facts for a tracker in one line each, and what it tells of them. Nothing of it is shipped. */

/** One frame is one millisecond here, so that the numbers can be read. */
export const SETTINGS = { clockRate: 1000, preRollMs: 500, postRollMs: 200, botHangoverMs: 300, maxSegmentMs: 300_000 };

/** Feeds facts to a new tracker and gives all news. */
export function newsOf(facts: readonly TrackerFact[], settings = SETTINGS): TrackerNews[] {
  const tracker = new TurnTracker(settings);
  return facts.flatMap((fact) => tracker.feed(fact));
}

/** News on one line each: what a reader wants to see of them. */
export function lines(news: readonly TrackerNews[]): string[] {
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

export const start = (source: SpeechSource, onset: number, turnId: string, speaker: Speaker = 'user'): TrackerFact => ({
  type: 'speech-start',
  speaker,
  source,
  onset,
  decided: onset + 32,
  turnId,
});
export const confirmed = (at: number, speaker: Speaker = 'user'): TrackerFact => ({
  type: 'speech-confirmed',
  speaker,
  at,
});
export const end = (source: SpeechSource, at: number, misfire = false, speaker: Speaker = 'user'): TrackerFact => ({
  type: 'speech-end',
  speaker,
  source,
  end: at,
  decided: at + 800,
  misfire,
});
export const begun = (utteranceId: string, turnId: string): TrackerFact => ({
  type: 'utterance-begun',
  utteranceId,
  turnId,
});
export const started = (utteranceId: string, at: number): TrackerFact => ({
  type: 'utterance-started',
  utteranceId,
  at,
});
export const drained = (utteranceId: string, at: number): TrackerFact => ({
  type: 'utterance-drained',
  utteranceId,
  at,
});
export const advanced = (speaker: Speaker, to: number): TrackerFact => ({ type: 'advanced', speaker, to });
export const cut = (at: number, utteranceIds: readonly string[]): TrackerFact => ({
  type: 'cut',
  at,
  utteranceIds,
  cause: 'client_vad',
});
export const stop = (at: number): TrackerFact => ({ type: 'session-end', at, reason: 'session_stop' });
export const manualStart = (at: number, turnId: string, speaker: Speaker = 'user'): TrackerFact => ({
  type: 'manual-start',
  speaker,
  at,
  turnId,
});
export const manualEnd = (at: number, speaker: Speaker = 'user'): TrackerFact => ({ type: 'manual-end', speaker, at });

/** How many starts and stops were told: of the voice, and of turns. */
export const counts = (news: readonly TrackerNews[]): number[] =>
  (['vad-start', 'turn-start', 'vad-stop', 'turn-end'] as const).map(
    (type) => news.filter((item) => item.type === type).length,
  );

/** Which turn a turn says it overlaps, when it has ended. */
export const overlapOf = (news: readonly TrackerNews[], turnId: string): string | undefined =>
  news.flatMap((item) => (item.type === 'turn-end' && item.turn.turnId === turnId ? [item.turn] : [])).at(-1)
    ?.overlapsTurnId;

/** The last line of a turn of the user that these facts end. */
export const closed = (facts: readonly TrackerFact[]): string | undefined =>
  lines(newsOf([start('server', 1000, 't'), ...facts])).at(-1);
