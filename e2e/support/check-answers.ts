import { expect } from '@playwright/test';
import type { StoredSegment } from 'turntape';
import type { BotSource, Conversation } from './converse.ts';
import { type DecodedAudio, speechEnd, speechOnset } from './read-audio.ts';

/** Milliseconds that were reckoned in another order. */
const ROUNDED_MS = 0.01;
/** The detector ends a word so far from its last audible sample, at most (VAD-12). */
const END_MS = 200;

/**
 * Each reply says how long after the user's speech its first frame was heard: by the turns that the page was told of, exactly; by
 * the sound in both files, as well as a word's end is found. What was cut says what had reached the ear by then.
 */
export function checkAnswers(
  { turns, stored }: Pick<Conversation, 'turns' | 'stored'>,
  { bot: source, named, audio }: { bot: BotSource; named: boolean; audio: ReadonlyMap<string, DecodedAudio> },
): void {
  const of = (speaker: 'user' | 'bot'): { segment: StoredSegment; startMs: number; endMs: number }[] =>
    turns
      .filter((turn) => turn.speaker === speaker)
      .map(({ turnId, startMs, endMs = NaN }) => {
        const segment = stored.segments.find((each) => each.turnId === turnId && each.part === 1);
        if (!segment) throw new Error(`nothing is kept of a turn of the ${speaker}`);
        return { segment, startMs, endMs };
      });
  const users = of('user');
  const soundOf = ({ segment, place }: { segment: StoredSegment; place: typeof speechOnset }): number => {
    const sound = audio.get(segment.segmentId);
    return segment.startedAt + ((sound ? (place(sound) ?? NaN) : NaN) / (sound?.sampleRate ?? NaN)) * 1000;
  };
  for (const [index, { segment, startMs }] of of('bot').entries()) {
    const user = users[index];
    if (!user) throw new Error('a reply to nobody');
    const { outputLatencyMs, responseLatencyMs, renderedMs, heardMs, interrupted } = segment;
    // Firefox with PulseAudio must not be asked.
    if (named) expect(outputLatencyMs).toBeGreaterThan(0);
    else expect(outputLatencyMs).toBeNull();
    const latencyMs = outputLatencyMs ?? 0;
    expect(responseLatencyMs).not.toBeNull();
    const afterMs = (responseLatencyMs ?? NaN) - latencyMs;
    expect(Math.abs(afterMs - (startMs - user.endMs))).toBeLessThan(ROUNDED_MS);
    const spokenMs = soundOf({ segment: user.segment, place: speechEnd });
    // A written reply's file begins with the first frame that was put out.
    const soundsMs = source === 'written' ? segment.startedAt : soundOf({ segment, place: speechOnset });
    expect(Math.abs(afterMs - (soundsMs - spokenMs))).toBeLessThan(END_MS);
    const arrivedMs = Math.max(0, (renderedMs ?? NaN) - (interrupted ? latencyMs : 0));
    expect(Math.abs((heardMs ?? NaN) - arrivedMs)).toBeLessThan(ROUNDED_MS);
  }
}
