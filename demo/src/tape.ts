import { isMissing } from '@turntape/element';
import type { GapCause, Segment, Speaker, StoredSession, Turn } from 'turntape';

/**
 * A session as a strip of tape: two lanes on one time line, made of the rows that are kept and of what the running session
 * has told. Pure: rows in, places out. All places are milliseconds from the start of the session.
 */

/** A turn on the tape. */
export interface TapeTurn {
  readonly turnId: string;
  readonly speaker: Speaker;
  readonly startMs: number;
  readonly endMs: number;
  /** It is being spoken. */
  readonly open: boolean;
  readonly interrupted: boolean;
  /** Of a cut bot turn: how much more was generated, and never heard. */
  readonly unheardMs: number;
  /** Of a cut bot turn: from the onset of the voice that cut it to silence. Null when nothing was said, or nobody knows. */
  readonly silenceMs: number | null;
  /** Of a bot turn: from the end of the user's speech to its first sound. */
  readonly answeredMs: number | null;
}

/** A stretch without sound. */
export interface TapeGap {
  /** Undefined: both lanes are without it. */
  readonly speaker: Speaker | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly cause: GapCause;
}

/** The whole strip. */
export interface Tape {
  readonly lengthMs: number;
  /** In the order of their beginnings. */
  readonly turns: readonly TapeTurn[];
  readonly gaps: readonly TapeGap[];
}

/** What the running session has told, and no row says yet. */
export interface LiveFacts {
  readonly sessionId: string;
  readonly turns: readonly Turn[];
  /** Of a cut turn, by its id: how much more was generated, and never heard. */
  readonly unheardMs: ReadonlyMap<string, number>;
  readonly gaps: readonly TapeGap[];
  /** Session time of the last thing that was measured. */
  readonly nowMs: number;
}

/** An empty strip. */
export const NO_TAPE: Tape = { lengthMs: 0, turns: [], gaps: [] };

/**
 * How much of a session could not be recorded, in milliseconds: what both lanes miss, or two rows tell of, is missing once.
 * A microphone that gave zeros and a loudspeaker that ran dry are drawn, and nothing is missing.
 */
export function missingMs(gaps: readonly TapeGap[]): number {
  let sum = 0;
  let countedTo = 0;
  const missing = gaps.filter(({ cause }) => isMissing(cause)).toSorted((one, other) => one.startMs - other.startMs);
  for (const { startMs, endMs } of missing) {
    sum += Math.max(0, endMs - Math.max(startMs, countedTo));
    countedTo = Math.max(countedTo, endMs);
  }
  return sum;
}

/** How late a cut may come for a voice to be its cause, in milliseconds: two confirmations of speech. */
const CUT_WITHIN_MS = 1000;

/** The strip of a session. A row wins over what was told while it was made. */
export function tapeOf(stored: StoredSession | undefined, live: LiveFacts | undefined): Tape {
  const startedAt = stored?.session.startedAt ?? live?.turns[0]?.startedAt;
  if (startedAt === undefined) return { ...NO_TAPE, lengthMs: live?.nowMs ?? 0 };
  const running = live !== undefined && (stored === undefined || live.sessionId === stored.session.sessionId);
  const kept = turnsOf(stored?.segments ?? [], startedAt);
  const known = new Set(kept.map(({ turnId }) => turnId));
  const told = running
    ? live.turns.filter(({ turnId }) => !known.has(turnId)).map((turn) => toldTurn(turn, startedAt, live))
    : [];
  const turns = [...kept, ...told].toSorted((one, other) => one.startMs - other.startMs);
  const laterMs = running ? laterRunMs(live, startedAt) : 0;
  const gaps = running
    ? live.gaps.map((gap) => ({ ...gap, startMs: gap.startMs + laterMs, endMs: gap.endMs + laterMs }))
    : (stored?.segments ?? []).flatMap((segment) => gapsOf(segment, startedAt));
  const ends = [...turns, ...gaps].map(({ endMs }) => endMs);
  return { lengthMs: Math.max(0, ...ends, running ? live.nowMs + laterMs : 0), turns: withSilence(turns), gaps };
}

/** How much later than its session a page that was reloaded began to count; 0 of any other, whose start takes some milliseconds. */
function laterRunMs({ turns: [turn] }: LiveFacts, startedAt: number): number {
  const laterMs = turn ? turn.startedAt - turn.startMs - startedAt : 0;
  return laterMs > 500 ? laterMs : 0;
}

/** The middle one of some values; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}

/** One turn for all the parts of it. What nobody heard is kept as a segment, and is no turn. */
function turnsOf(segments: readonly Segment[], startedAt: number): TapeTurn[] {
  const turns = new Map<string, TapeTurn>();
  for (const segment of segments) {
    if (segment.unheardTail) continue;
    const { turnId, speaker, interrupted, heardMs, generatedMs, responseLatencyMs } = segment;
    const before = turns.get(turnId);
    const startMs = segment.startedAt - startedAt + segment.speechOnsetMs;
    turns.set(turnId, {
      turnId,
      speaker,
      startMs: Math.min(before?.startMs ?? startMs, startMs),
      endMs: Math.max(before?.endMs ?? 0, segment.endedAt - startedAt),
      open: false,
      interrupted: interrupted || before?.interrupted === true,
      unheardMs: interrupted ? Math.max(0, (generatedMs ?? 0) - (heardMs ?? 0)) : 0,
      silenceMs: null,
      answeredMs: before?.answeredMs ?? responseLatencyMs,
    });
  }
  return [...turns.values()];
}

function toldTurn(turn: Turn, startedAt: number, { nowMs, unheardMs }: LiveFacts): TapeTurn {
  const { turnId, speaker, interrupted } = turn;
  const startMs = turn.startedAt - startedAt;
  const lengthMs = (turn.endMs ?? Math.max(nowMs, turn.startMs)) - turn.startMs;
  const open = turn.endMs === undefined;
  const unknown = { unheardMs: unheardMs.get(turnId) ?? 0, silenceMs: null, answeredMs: null };
  return { turnId, speaker, startMs, endMs: startMs + lengthMs, open, interrupted, ...unknown };
}

/** By the rows alone: a voice that began while the bot spoke, and the place where the bot's record ends. */
function withSilence(turns: readonly TapeTurn[]): TapeTurn[] {
  return turns.map((turn) => {
    if (!turn.interrupted || turn.speaker !== 'bot') return turn;
    const voice = turns.findLast(
      ({ speaker, startMs }) =>
        speaker === 'user' && startMs >= turn.startMs && startMs <= turn.endMs && turn.endMs - startMs <= CUT_WITHIN_MS,
    );
    return { ...turn, silenceMs: voice ? turn.endMs - voice.startMs : null };
  });
}

function gapsOf(segment: Segment, startedAt: number): TapeGap[] {
  const from = segment.startedAt - startedAt;
  const { speaker } = segment;
  return segment.gaps.map(({ startMs, endMs, cause }) => ({
    speaker,
    startMs: from + startMs,
    endMs: from + endMs,
    cause,
  }));
}
