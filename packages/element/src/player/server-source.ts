import type { Epoch, Gap, Mark, SegmentFormat, UnheardTail } from 'turntape';
import { type SegmentKnown, type WordsKnown, buildReview } from './build-review.ts';
import { fetchFile, isMissing, request } from './fetch-file.ts';
import { ReviewError, type ReviewSource } from './review-source.ts';
import type { ReviewPart } from './review-session.ts';

/** Headers of every request for the list: an object, or a function that is asked each time, and again after a 401. */
export type ReviewHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

/**
 * A session on a backend: `GET src` answers as `GET /v1/sessions/:id` of the reference server does (docs/wire.md, the playback
 * list). Addresses of audio carry their own permission; when that has run out, the list is asked for once more.
 */
export function serverSource(src: string, headers: ReviewHeaders | undefined): ReviewSource {
  const address = new URL(src, document.baseURI);
  // What nobody heard is left out of the list unless it is asked for.
  if (!address.searchParams.has('unheard')) address.searchParams.set('unheard', 'true');
  let addresses = new Map<string, string>();

  const asked = async (): Promise<Record<string, string>> => ({
    ...(typeof headers === 'function' ? await headers() : headers),
  });
  const list = async (signal: AbortSignal): Promise<PlaybackList | undefined> => {
    const ask = async (): Promise<Response> =>
      request(address, { headers: { accept: 'application/json', ...(await asked()) }, signal });
    const response = await ask().catch((thrown: unknown) => {
      // A token that ran out just now: a function may give a fresh one.
      if (typeof headers === 'function' && thrown instanceof ReviewError && thrown.code === 'unauthorized')
        return ask();
      throw thrown;
    });
    if (isMissing(response)) return undefined;
    const body: unknown = await response.json().catch(() => undefined);
    if (!isPlaybackList(body)) throw new ReviewError('server_error', `${address.href} is no playback list`);
    addresses = new Map(
      body.turns.flatMap((row) => (row.segment_id && row.playback_url ? [[row.segment_id, row.playback_url]] : [])),
    );
    return body;
  };
  const audioOf = (part: ReviewPart, signal: AbortSignal): Promise<ArrayBuffer> =>
    fetchFile(async (range) => {
      const url = new URL(addresses.get(part.segmentId) ?? '', address);
      // A signed address needs no token, and another host must not be shown one.
      const token = url.origin === address.origin && !url.searchParams.has('signature') ? await asked() : {};
      const response = await request(url, { headers: { ...token, ...(range && { range }) }, signal });
      if (isMissing(response)) throw new ReviewError('not_found', 'the file is not there');
      return response;
    }, signal);

  return {
    async load({ signal }) {
      const body = await list(signal);
      return body && buildReview(known(body));
    },
    async audio(part, { signal }) {
      try {
        if (!addresses.has(part.segmentId)) return undefined;
        return await audioOf(part, signal);
      } catch (thrown) {
        if (!(thrown instanceof ReviewError)) throw thrown;
        if (thrown.code === 'not_found') return undefined;
        if (thrown.code !== 'unauthorized') throw thrown;
        // Good for a quarter of an hour: a person may have listened for longer.
        await list(signal);
        return addresses.has(part.segmentId) ? audioOf(part, signal) : undefined;
      }
    },
  };
}

/** What is read of the answer; a backend of your own may leave out what may be null or undefined. */
interface PlaybackList {
  session: {
    session_id: string;
    started_at: string | null;
    ended_at?: string | null;
    state?: string | null;
    epochs?: readonly WiredEpoch[];
  };
  turns: readonly PlaybackRow[];
}

interface PlaybackRow {
  turn_id: string | null;
  role: 'user' | 'assistant';
  text: string | null;
  heard_text?: string | null;
  occurred_at: string;
  transcript_id?: string | null;
  interrupted: boolean;
  interruption_cause?: SegmentKnown['interruptionCause'];
  segment_id: string | null;
  part?: number | null;
  format?: SegmentFormat | null;
  byte_size?: number | null;
  duration_ms?: number | null;
  started_at?: string | null;
  playback_url?: string | null;
  clock_epoch?: number | null;
  start_frame?: number | null;
  rendered_ms?: number | null;
  heard_ms?: number | null;
  generated_ms?: number | null;
  speech_onset_ms?: number | null;
  response_latency_ms?: number | null;
  gaps?: readonly { start_ms: number; end_ms: number; cause: Gap['cause'] }[] | null;
  marks?: readonly { start_ms: number; end_ms: number; kind: Mark['kind'] }[] | null;
  unheard_tail?: { turn_id: string; utterance_id: string; from_ms: number; to_ms: number } | null;
  sealed?: boolean | null;
}

interface WiredEpoch {
  epoch: number;
  clock_id: number;
  clock_rate: number;
  start_frame: number;
  session_frame_offset: number;
  wall_anchor: { frame: number; wall_ms: number };
}

function isPlaybackList(body: unknown): body is PlaybackList {
  if (typeof body !== 'object' || body === null || !('session' in body) || !('turns' in body)) return false;
  const { session, turns } = body;
  return typeof session === 'object' && session !== null && 'session_id' in session && Array.isArray(turns);
}

function known({ session, turns }: PlaybackList): Parameters<typeof buildReview>[0] {
  // A turn of several parts or several transcripts has a line for each pair.
  const segments = new Map<string, SegmentKnown>();
  const words = new Map<string, WordsKnown>();
  for (const row of turns) {
    const {
      turn_id: turnId,
      role,
      text,
      heard_text: heardText = null,
      transcript_id: id,
      occurred_at: occurredAt,
    } = row;
    if (row.segment_id && !segments.has(row.segment_id)) segments.set(row.segment_id, segmentOf(row, row.segment_id));
    if (text !== null)
      words.set(id ?? `${turnId} ${occurredAt} ${text}`, {
        turnId,
        role,
        text,
        heardText,
        occurredAt: Date.parse(occurredAt),
      });
  }
  const starts = turns.map((row) => Date.parse(row.started_at ?? row.occurred_at));
  return {
    session: {
      sessionId: session.session_id,
      startedAt: session.started_at === null ? Math.min(...starts) : Date.parse(session.started_at),
      endedAt: session.ended_at ? Date.parse(session.ended_at) : null,
      state: session.state === 'active' ? 'active' : 'ended',
      epochs: (session.epochs ?? []).map(epochOf),
    },
    segments: [...segments.values()],
    words: [...words.values()],
  };
}

function segmentOf(row: PlaybackRow, segmentId: string): SegmentKnown {
  const tail = row.unheard_tail;
  const unheardTail: UnheardTail | undefined = tail
    ? { turnId: tail.turn_id, utteranceId: tail.utterance_id, fromMs: tail.from_ms, toMs: tail.to_ms }
    : undefined;
  return {
    segmentId,
    turnId: row.turn_id ?? segmentId,
    part: row.part ?? 1,
    speaker: row.role === 'assistant' ? 'bot' : 'user',
    format: row.format ?? 'opus',
    byteSize: row.playback_url ? (row.byte_size ?? 1) : 0,
    durationMs: row.duration_ms ?? 0,
    startedAt: Date.parse(row.started_at ?? row.occurred_at),
    interrupted: row.interrupted,
    interruptionCause: row.interruption_cause ?? null,
    renderedMs: row.rendered_ms ?? null,
    heardMs: row.heard_ms ?? null,
    generatedMs: row.generated_ms ?? null,
    speechOnsetMs: row.speech_onset_ms ?? 0,
    responseLatencyMs: row.response_latency_ms ?? null,
    gaps: (row.gaps ?? []).map(({ start_ms, end_ms, cause }) => ({ startMs: start_ms, endMs: end_ms, cause })),
    marks: (row.marks ?? []).map(({ start_ms, end_ms, kind }) => ({ startMs: start_ms, endMs: end_ms, kind })),
    clockEpoch: row.clock_epoch ?? null,
    startFrame: row.start_frame ?? null,
    unheardTail,
    sealed: row.sealed ?? false,
    url: undefined,
  };
}

function epochOf({ epoch, clock_id, clock_rate, start_frame, session_frame_offset, wall_anchor }: WiredEpoch): Epoch {
  return {
    epoch,
    clockId: clock_id,
    clockRate: clock_rate,
    startFrame: start_frame,
    sessionFrameOffset: session_frame_offset,
    wallAnchor: { frame: wall_anchor.frame, wallMs: wall_anchor.wall_ms },
  };
}
