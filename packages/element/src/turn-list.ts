import type { Segment, SessionEvents, Transcript, Turn } from 'turntape';

/** What the page knows of one file of a turn. */
export interface SegmentRow {
  readonly segmentId: string;
  readonly part: number;
  readonly state: 'kept' | 'sent' | 'acknowledged' | 'rejected';
  /** False for a turn that was never heard: there is no file to play. */
  readonly hasAudio: boolean;
  /** The code with which the backend refused it. */
  readonly refusal?: string | undefined;
}

/** What was said, or one piece of it. */
export interface TurnWords {
  readonly transcriptId: string;
  readonly revision: number;
  readonly text: string;
  /** What of it was heard; null: not known. */
  readonly heardText: string | null;
}

/** One turn as the list shows it: the session's facts, gathered as they arrive. */
export interface TurnRow {
  readonly turnId: string;
  readonly speaker: Turn['speaker'];
  /** Session time of the onset, in milliseconds. */
  readonly startMs: number;
  /** Undefined while the turn is open. */
  readonly endMs: number | undefined;
  readonly interrupted: boolean;
  /** Bot: what reached the ear. Null for the user, and until it is known. */
  readonly heardMs: number | null;
  /** Bot: what it was given to say. Null for the user and for an attached stream. */
  readonly generatedMs: number | null;
  /** Bot: end of the user's speech to the first heard frame. Null when no user turn came before. */
  readonly responseLatencyMs: number | null;
  /** In the order in which they were attached; of each the highest revision. */
  readonly words: readonly TurnWords[];
  /** The voice stack's own id of the turn, when a segment told it. */
  readonly externalId: string | null;
  /** In the order of their parts. */
  readonly segments: readonly SegmentRow[];
  /** Why there is no file of this turn. */
  readonly discarded: SessionEvents['segment-discarded']['reason'] | undefined;
}

/** Where a turn stands, from the microphone to the backend. */
export type TurnDelivery = 'recording' | 'keeping' | 'kept' | 'sent' | 'acknowledged' | 'rejected' | 'discarded';

/** The turns of one session, in the order of their onsets. Never changed in place. */
export type TurnList = readonly TurnRow[];

/** The list with the facts of a turn that began or ended. */
export function withTurn(list: TurnList, turn: Turn): TurnList {
  const { turnId, speaker, startMs, endMs, interrupted } = turn;
  const known = list.find((row) => row.turnId === turnId);
  if (known) return replace(list, { ...known, startMs, endMs, interrupted: known.interrupted || interrupted });
  return insert(list, { ...emptyRow(turnId, speaker, startMs), endMs, interrupted });
}

/** The list after a cut: the turn is marked, and what was heard of it is known. */
export function withInterruption(list: TurnList, event: SessionEvents['interruption']): TurnList {
  const { turnId, heardMs, generatedMs } = event;
  return update(list, turnId, (row) => ({ ...row, interrupted: true, heardMs, generatedMs }));
}

/** The list with a file that is now durable on this device. */
export function withSegment(list: TurnList, segment: Segment): TurnList {
  const { segmentId, turnId, part, byteSize } = segment;
  // What nobody heard is kept, and is no turn.
  if (segment.unheardTail) return list;
  // A start that this page never saw: the segment itself knows the speaker; its place is after what is known.
  const known = list.some((row) => row.turnId === turnId)
    ? list
    : insert(list, { ...emptyRow(turnId, segment.speaker, list.at(-1)?.startMs ?? 0), endMs: undefined });
  return update(known, turnId, (row) => {
    const others = row.segments.filter((one) => one.segmentId !== segmentId && one.segmentId !== segment.replaces);
    const file: SegmentRow = { segmentId, part, state: 'kept', hasAudio: byteSize > 0 };
    const segments = [...others, file].sort((a, b) => a.part - b.part);
    return {
      ...row,
      endMs: row.endMs ?? (segment.isLast ? row.startMs + segment.durationMs : undefined),
      interrupted: row.interrupted || segment.interrupted,
      heardMs: row.heardMs ?? segment.heardMs,
      generatedMs: row.generatedMs ?? segment.generatedMs,
      responseLatencyMs: row.responseLatencyMs ?? segment.responseLatencyMs,
      externalId: row.externalId ?? segment.externalId,
      segments,
    };
  });
}

/** The list with news of a delivery. A receipt is final: a late `sent` does not take it back. */
export function withDelivery(
  list: TurnList,
  segmentId: string,
  state: SegmentRow['state'],
  refusal?: string,
): TurnList {
  const row = list.find(({ segments }) => segments.some((one) => one.segmentId === segmentId));
  if (!row) return list;
  const segments = row.segments.map((one) =>
    one.segmentId === segmentId && one.state !== 'acknowledged' ? { ...one, state, refusal } : one,
  );
  return replace(list, { ...row, segments });
}

/** The list with a turn that made no file. */
export function withDiscarded(list: TurnList, event: SessionEvents['segment-discarded']): TurnList {
  return update(list, event.turnId, (row) => ({ ...row, discarded: event.reason }));
}

/** The list with what was said in a turn. The same list, when the turn is not known. An older revision changes nothing. */
export function withWords(list: TurnList, transcript: Transcript): TurnList {
  const { transcriptId, revision, text, heardText, turnId, externalId } = transcript;
  const row = list.find((one) => (turnId === null ? one.externalId === externalId : one.turnId === turnId));
  if (!row) return list;
  const known = row.words.some((one) => one.transcriptId === transcriptId);
  const words = known
    ? row.words.map((one) =>
        one.transcriptId === transcriptId && one.revision < revision
          ? { transcriptId, revision, text, heardText }
          : one,
      )
    : [...row.words, { transcriptId, revision, text, heardText }];
  return replace(list, { ...row, words });
}

/** Where a turn stands: as far as the part that got least far. */
export function deliveryOf(row: TurnRow): TurnDelivery {
  const states = new Set(row.segments.map(({ state }) => state));
  if (row.endMs === undefined) return 'recording';
  if (states.has('rejected')) return 'rejected';
  if (states.size === 0) return row.discarded ? 'discarded' : 'keeping';
  if (states.has('kept')) return 'kept';
  return states.has('sent') ? 'sent' : 'acknowledged';
}

/** How long a turn lasted, or has lasted until `nowMs` of the session. In milliseconds. */
export function durationOf(row: TurnRow, nowMs: number): number {
  return Math.max(0, (row.endMs ?? Math.max(nowMs, row.startMs)) - row.startMs);
}

function emptyRow(turnId: string, speaker: Turn['speaker'], startMs: number): TurnRow {
  return {
    turnId,
    speaker,
    startMs,
    endMs: undefined,
    interrupted: false,
    heardMs: null,
    generatedMs: null,
    responseLatencyMs: null,
    words: [],
    externalId: null,
    segments: [],
    discarded: undefined,
  };
}

function insert(list: TurnList, row: TurnRow): TurnList {
  const later = list.findIndex(({ startMs }) => startMs > row.startMs);
  return later === -1 ? [...list, row] : list.toSpliced(later, 0, row);
}

function update(list: TurnList, turnId: string, change: (row: TurnRow) => TurnRow): TurnList {
  const row = list.find((one) => one.turnId === turnId);
  return row ? replace(list, change(row)) : list;
}

function replace(list: TurnList, row: TurnRow): TurnList {
  return list.map((one) => (one.turnId === row.turnId ? row : one));
}
