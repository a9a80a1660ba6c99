import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { uploadRequestSchema } from '../access/upload-token.ts';
import { derivedRequestSchema } from '../routes/session-files.ts';
import { controlSchema } from '../stores/session-control.ts';
import type { JsonSchema } from './answer-schemas.ts';
import { eventQuery, jobListQuery, rangeQuery, sessionListQuery, sweepQuery, turnListQuery } from './query.ts';

/** What a route takes and answers. */
export interface Operation {
  summary: string;
  /** Null: no token is asked for. */
  scope: 'write' | 'read' | 'admin' | 'any' | null;
  body?: JsonSchema;
  query?: JsonSchema;
  /** Name of an answer's schema by status; null: no body; `audio`, `text`, `events`: not JSON. */
  answers: Readonly<Record<number, string | null>>;
  /** Refusals beside 401, 403 and 429, which every route with a token has. */
  refusals?: readonly number[];
}

/** Our schemas as JSON Schema: what a client may send. Checks that have no JSON form (one field against another) are left out. */
export function request(schema: v.GenericSchema): JsonSchema {
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: 'ignore', typeMode: 'input' });
  return rest;
}

export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
export const json = (schema: JsonSchema) => ({ 'application/json': { schema } });
const form = (part: string, schema: string, required: string[]) => ({
  'multipart/form-data': {
    schema: {
      type: 'object',
      properties: { [part]: ref(schema), audio: { type: 'string', format: 'binary' } },
      required,
    },
    encoding: {
      [part]: { contentType: 'application/json' },
      audio: { contentType: 'audio/ogg, audio/wav, audio/mpeg' },
    },
  },
});

const POST = [400, 410, 413, 415, 422, 503, 507] as const;

/** Every route. The test of this compares it with the app's own list. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET /healthz': { summary: 'The process lives.', scope: null, answers: { 200: 'Health' } },
  'GET /readyz': { summary: 'It can store.', scope: null, answers: { 200: 'Readiness', 503: 'Readiness' } },
  'GET /metrics': { summary: 'Figures for Prometheus; a token of its own.', scope: 'any', answers: { 200: 'text' } },
  'GET /openapi.json': { summary: 'This.', scope: null, answers: { 200: 'any' } },
  'GET /v1/config': { summary: 'What a client checks before it sends.', scope: 'any', answers: { 200: 'Config' } },
  'POST /v1/segments': {
    summary: 'Stores a segment. Idempotent by segment_id.',
    scope: 'write',
    body: form('segment', 'Segment', ['segment']),
    answers: { 200: 'SegmentReceipt', 201: 'SegmentReceipt' },
    refusals: [...POST, 409],
  },
  'DELETE /v1/segments/{id}': {
    summary: 'Deletes a segment: file, row, and the files made from it.',
    scope: 'admin',
    answers: { 204: null },
    refusals: [404, 409],
  },
  'GET /v1/segments/{id}/audio': {
    summary: 'The file, whole or by range. Also by a signed address without a token.',
    scope: 'read',
    answers: { 200: 'audio', 206: 'audio' },
    refusals: [404, 416],
  },
  'POST /v1/tickets': {
    summary: 'Where to put a segment’s file in the store itself.',
    scope: 'write',
    body: json(ref('Segment')),
    answers: { 200: 'SegmentReceipt', 201: 'Ticket' },
    refusals: [...POST, 404, 409],
  },
  'POST /v1/tickets/{id}/complete': {
    summary: 'The file is there; it is proved and stored.',
    scope: 'write',
    body: json(ref('Segment')),
    answers: { 200: 'SegmentReceipt', 201: 'SegmentReceipt' },
    refusals: [...POST, 404, 409],
  },
  'POST /v1/transcripts': {
    summary: 'Stores a revision of what was said. The highest revision wins.',
    scope: 'write',
    body: json(ref('Transcript')),
    answers: { 200: 'TranscriptReceipt', 201: 'TranscriptReceipt' },
    refusals: [...POST, 409],
  },
  'POST /v1/sessions': {
    summary: 'A session’s facts, at its start and at its end. With `upload` and the scope mint: an upload token.',
    scope: 'write',
    body: json({ allOf: [ref('SessionFacts'), request(uploadRequestSchema)] }),
    answers: { 200: 'SessionReceipt', 201: 'SessionReceipt' },
    refusals: POST,
  },
  'GET /v1/sessions': {
    summary: 'The newest sessions first. metadata.NAME=VALUE filters by metadata.',
    scope: 'read',
    query: request(sessionListQuery),
    answers: { 200: 'SessionPage' },
    refusals: [422],
  },
  'GET /v1/sessions/{id}': {
    summary: 'A session and its playback list.',
    scope: 'read',
    query: request(turnListQuery),
    answers: { 200: 'SessionTurns' },
    refusals: [404, 422],
  },
  'PATCH /v1/sessions/{id}': {
    summary: 'How long a session is kept, whether it is held, whether it is closed.',
    scope: 'admin',
    body: json(request(controlSchema)),
    answers: { 200: 'Control' },
    refusals: [400, 404, 410, 415, 422],
  },
  'DELETE /v1/sessions/{id}': {
    summary: 'Erases a session: files, rows, and what was made from them.',
    scope: 'admin',
    answers: { 200: 'Erased' },
    refusals: [404, 409, 503],
  },
  'GET /v1/sessions/{id}/timeline': {
    summary: 'A whole session on one axis.',
    scope: 'read',
    answers: { 200: 'Timeline' },
    refusals: [404],
  },
  'GET /v1/sessions/{id}/revisions': {
    summary: 'What every revision of a transcript said.',
    scope: 'read',
    query: { type: 'object', properties: { transcript_id: { type: 'string' } }, required: ['transcript_id'] },
    answers: { 200: 'Revisions' },
    refusals: [404],
  },
  'POST /v1/sessions/{id}/files': {
    summary: 'Has a file of the whole session made from its segments.',
    scope: 'admin',
    body: json(request(derivedRequestSchema)),
    answers: { 202: 'FileUnderWay' },
    refusals: [400, 404, 415, 422],
  },
  'GET /v1/sessions/{id}/files': {
    summary: 'The files made of a session.',
    scope: 'read',
    answers: { 200: 'SessionFiles' },
  },
  'GET /v1/sessions/{id}/audio': {
    summary: 'A stretch of a session, of one speaker or both, streamed as it is made from the segments.',
    scope: 'read',
    query: request(rangeQuery),
    answers: { 200: 'audio' },
    refusals: [404, 409, 422, 503],
  },
  'GET /v1/files/{id}/audio': {
    summary: 'A file made of a session, whole or by range. Also by a signed address.',
    scope: 'read',
    answers: { 200: 'audio', 206: 'audio' },
    refusals: [404, 416],
  },
  'GET /v1/sessions/{id}/events': {
    summary: 'What happens to a session, live, as server-sent events. Also by a signed address.',
    scope: 'read',
    query: request(eventQuery),
    answers: { 200: 'events' },
    refusals: [404, 422, 503],
  },
  'POST /v1/sessions/{id}/recordings': {
    summary: 'Attaches a recording that somebody else made. Idempotent by recording_id.',
    scope: 'write',
    body: form('recording', 'RecordingFacts', ['recording', 'audio']),
    answers: { 200: 'RecordingReceipt', 201: 'RecordingReceipt' },
    refusals: [...POST, 404, 409],
  },
  'GET /v1/sessions/{id}/recordings': {
    summary: 'Recordings of a whole session: attached, or made here.',
    scope: 'read',
    answers: { 200: 'Recordings' },
  },
  'DELETE /v1/recordings/{id}': {
    summary: 'Deletes an attached recording.',
    scope: 'admin',
    answers: { 204: null },
    refusals: [404, 409],
  },
  'GET /v1/jobs': {
    summary: 'Jobs in one state; those that were given up when nothing is said.',
    scope: 'admin',
    query: request(jobListQuery),
    answers: { 200: 'Jobs' },
    refusals: [422],
  },
  'POST /v1/jobs/{id}/retry': {
    summary: 'Has a job done again.',
    scope: 'admin',
    answers: { 202: null },
    refusals: [404],
  },
  'POST /v1/sweeps': {
    summary: 'Erases what is due; with dry_run=true only says what that is.',
    scope: 'admin',
    query: request(sweepQuery),
    answers: { 200: 'SweepReport' },
    refusals: [422],
  },
};
