import { spokenText } from '../spoken-text.ts';
import { isMissing } from '../gap-kinds.ts';
import type { Epoch, Segment, SessionFacts, Speaker, Transcript } from 'turntape';
import type { ReviewHole, ReviewPart, ReviewSession, ReviewTurn } from './review-session.ts';

/** What is known of a segment, whoever tells it. */
export type SegmentKnown = Pick<
  Segment,
  | 'segmentId'
  | 'turnId'
  | 'part'
  | 'speaker'
  | 'format'
  | 'byteSize'
  | 'durationMs'
  | 'startedAt'
  | 'interrupted'
  | 'interruptionCause'
  | 'renderedMs'
  | 'heardMs'
  | 'generatedMs'
  | 'speechOnsetMs'
  | 'responseLatencyMs'
  | 'gaps'
  | 'marks'
> & {
  /** Its place on the capture clock. Null: a client that knows only wall times wrote it. */
  clockEpoch: number | null;
  startFrame: number | null;
  unheardTail: Segment['unheardTail'];
  sealed: boolean;
  url: string | undefined;
};

/** What is known of the words of a turn. */
export type WordsKnown = Pick<Transcript, 'turnId' | 'role' | 'text' | 'heardText' | 'occurredAt'>;

/** What is known of a session. */
export interface SessionKnown {
  session: Pick<SessionFacts, 'sessionId' | 'startedAt' | 'endedAt' | 'state' | 'epochs'>;
  segments: readonly SegmentKnown[];
  words: readonly WordsKnown[];
}

/** Words without a file have no length: they are given the time that a word takes to be seen. */
const WORDS_MS = 1000;

/** Puts a session together: turns of their files and words, holes at their places. */
export function buildReview({ session, segments, words }: SessionKnown): ReviewSession {
  const timeline = timelineOf(session);
  const { startedAt } = timeline;
  const placed = segments.map((segment) => ({ segment, part: partOf(segment, session.epochs, timeline) }));
  const byTurn = new Map<string, Placed[]>();
  for (const each of placed.filter(isTurn))
    byTurn.set(each.segment.turnId, [...(byTurn.get(each.segment.turnId) ?? []), each]);
  const turns = [...byTurn].map(([turnId, own]) => turnOf(turnId, own, placed, wordsOf(words, turnId)));
  const known = new Set(turns.map(({ turnId }) => turnId));
  const all = [...turns, ...wordsAlone(words, known, startedAt)].sort((a, b) => a.startMs - b.startMs);
  const ends = all.map(({ endMs }) => endMs);
  const told = session.endedAt === null ? 0 : session.endedAt - startedAt;
  return {
    sessionId: session.sessionId,
    startedAt,
    durationMs: Math.max(0, told, ...ends),
    live: session.state === 'active',
    turns: all,
    holes: holesOf(placed.filter(isTurn)),
  };
}

interface Placed {
  segment: SegmentKnown;
  part: ReviewPart;
}

const isTurn = ({ segment }: Placed): boolean => !segment.unheardTail;

function turnOf(turnId: string, own: Placed[], all: readonly Placed[], words: Spoken): ReviewTurn {
  const parts = own.sort((a, b) => a.segment.part - b.segment.part);
  const [first] = parts;
  const last = parts.at(-1);
  if (!first || !last) throw new RangeError(`turn ${turnId} has no segment`);
  const tails = all.filter(({ segment }) => segment.unheardTail?.turnId === turnId).map(({ part }) => part);
  const sum = (name: 'renderedMs' | 'heardMs' | 'generatedMs'): number | null =>
    parts.some(({ segment }) => segment[name] === null)
      ? null
      : parts.reduce((ms, { segment }) => Math.max(ms, segment[name] ?? 0), 0);
  const [rendered, generatedMs] = [sum('renderedMs'), sum('generatedMs')];
  const interrupted = parts.some(({ segment }) => segment.interrupted);
  const kept = tails.reduce((ms, tail) => ms + tail.durationMs, 0);
  return {
    turnId,
    speaker: first.segment.speaker,
    startMs: first.part.startMs + first.segment.speechOnsetMs,
    endMs: last.part.startMs + last.part.durationMs,
    parts: parts.map(({ part }) => part).filter(({ audio }) => audio !== 'none'),
    ...words,
    interrupted,
    interruptionCause: last.segment.interruptionCause,
    heardMs: sum('heardMs'),
    generatedMs,
    unheardMs: kept > 0 ? kept : unheard(generatedMs, rendered, interrupted || last.part.audio === 'none'),
    tails,
    responseLatencyMs: first.segment.responseLatencyMs,
  };
}

/** Without its file, what was not put out is the difference. Of a turn that was played whole, that is rounding. */
function unheard(generatedMs: number | null, renderedMs: number | null, cut: boolean): number {
  return cut && generatedMs !== null ? Math.max(0, generatedMs - (renderedMs ?? 0)) : 0;
}

function partOf(segment: SegmentKnown, epochs: readonly Epoch[], { startedAt, laterMs }: Timeline): ReviewPart {
  // Of a run before the last one, whose epochs nobody knows any more.
  const isEarlier = laterMs > 0 && segment.startedAt + segment.durationMs <= startedAt + laterMs;
  const epoch = isEarlier ? undefined : epochs.find((each) => each.epoch === segment.clockEpoch);
  const { segmentId, speaker, durationMs, format, byteSize, url } = segment;
  const startMs =
    epoch && segment.startFrame !== null
      ? ((segment.startFrame + epoch.sessionFrameOffset) / epoch.clockRate) * 1000 + laterMs
      : segment.startedAt - startedAt;
  const audio = byteSize === 0 ? 'none' : segment.sealed ? 'sealed' : 'file';
  return { segmentId, speaker, startMs: Math.max(0, startMs), durationMs, format, byteSize, audio, url };
}

/** Where the epochs' timeline lies. */
interface Timeline {
  /** Wall time of the review's zero, milliseconds since 1970. */
  startedAt: number;
  /** How much later the epochs' own zero is, in milliseconds. */
  laterMs: number;
}

/** A timeline that begins so much after its session is that of a later run: the start of one takes some milliseconds. */
const LATER_RUN_MS = 500;

/** A page that was reloaded goes on with its session under a timeline of its own: the session began before it. */
function timelineOf(session: SessionKnown['session']): Timeline {
  const zero = beginning(session);
  const laterMs = zero - session.startedAt;
  return laterMs > LATER_RUN_MS ? { startedAt: session.startedAt, laterMs } : { startedAt: zero, laterMs: 0 };
}

/** Wall time of the timeline's zero: by the first epoch's anchor, since a session is told of before it hears anything. */
function beginning({ epochs, startedAt }: SessionKnown['session']): number {
  const [first] = epochs;
  if (!first) return startedAt;
  const { frame, wallMs } = first.wallAnchor;
  return wallMs - ((frame + first.sessionFrameOffset) / first.clockRate) * 1000;
}

type Spoken = Pick<ReviewTurn, 'text' | 'spoken'>;

function wordsOf(words: readonly WordsKnown[], turnId: string): Spoken {
  const own = words.filter((each) => each.turnId === turnId && each.text.trim() !== '');
  const text = own.length === 0 ? undefined : own.map((each) => each.text.trim()).join(' ');
  return { text, spoken: own.map(spokenText) };
}

/** Turns whose files are gone, or never were: their words are left. */
function wordsAlone(words: readonly WordsKnown[], known: ReadonlySet<string>, startedAt: number): ReviewTurn[] {
  return words
    .filter(({ turnId }) => turnId === null || !known.has(turnId))
    .map(({ turnId, role, text, heardText, occurredAt }, index) => {
      const speaker: Speaker = role === 'assistant' ? 'bot' : 'user';
      const startMs = Math.max(0, occurredAt - startedAt);
      const none = { parts: [], tails: [], unheardMs: 0, heardMs: null, generatedMs: null, responseLatencyMs: null };
      const cut = { interrupted: false, interruptionCause: null };
      const said = { text, spoken: [spokenText({ text, heardText })] };
      const place = { startMs, endMs: startMs + WORDS_MS };
      return { turnId: turnId ?? `words-${index}`, speaker, ...place, ...said, ...none, ...cut };
    });
}

/** Gaps and marks count from the start of their file. What two files say of one place is said once. */
function holesOf(placed: readonly Placed[]): ReviewHole[] {
  const holes = placed.flatMap(({ segment, part }): ReviewHole[] => {
    const at = (range: { startMs: number; endMs: number }) => ({
      speaker: segment.speaker,
      startMs: part.startMs + range.startMs,
      endMs: part.startMs + range.endMs,
    });
    return [
      ...segment.gaps.map((gap) => ({
        ...at(gap),
        kind: isMissing(gap.cause) ? ('gap' as const) : ('quiet' as const),
        cause: gap.cause,
      })),
      ...segment.marks.map((mark) => ({ ...at(mark), kind: mark.kind, cause: undefined })),
    ];
  });
  return merged(holes);
}

/** Ends that are closer than this are one: frames of two rates do not meet to the sample. */
const SAME_MS = 1;

const isNear = (one: number, other: number): boolean => Math.abs(one - other) <= SAME_MS;

/** By start. What two files of a speaker say of one place is one hole; so is what both speakers miss at once. */
function merged(holes: readonly ReviewHole[]): ReviewHole[] {
  const all: ReviewHole[] = [];
  for (const hole of holes.toSorted((a, b) => a.startMs - b.startMs)) {
    const before = all.findLastIndex(
      ({ kind, cause, speaker, startMs, endMs }) =>
        kind === hole.kind &&
        cause === hole.cause &&
        (speaker === hole.speaker
          ? hole.startMs <= endMs + SAME_MS
          : isNear(startMs, hole.startMs) && isNear(endMs, hole.endMs)),
    );
    const known = all[before];
    if (!known) all.push(hole);
    else
      all[before] = {
        ...known,
        speaker: known.speaker === hole.speaker ? hole.speaker : null,
        endMs: Math.max(known.endMs, hole.endMs),
      };
  }
  return all;
}
