import type * as v from 'valibot';
import { expect, test } from 'vitest';
import type { SegmentWire, SessionWire, TranscriptWire } from '../../../sdk/src/core/wire.ts';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from '../testing/sample-facts.ts';
import { checkJson } from './check.ts';
import { segmentSchema } from './segment.ts';
import { sessionSchema } from './session.ts';
import { transcriptSchema } from './transcript.ts';
import { WireError } from './wire-error.ts';

function refusal(check: () => unknown): WireError {
  try {
    check();
  } catch (thrown) {
    if (thrown instanceof WireError) return thrown;
    throw thrown;
  }
  throw new Error('Nothing was refused.');
}

const audio = wavFile();
const segmentWith = (facts: Record<string, unknown>) => JSON.stringify(segmentFacts(audio, facts));

test.each([
  ['segment_id', 'no-uuid'],
  ['segment_id', '../../../../etc/passwd'],
  ['session_id', 'a61cd6a3-64b1-4b6c-9e35-4d3b1b3d2f1'],
  ['turn_id', null],
  ['part', 0],
  ['part', 1.5],
  ['is_last', 'yes'],
  ['speaker', 'assistant'],
  ['utterance_ids', 'u-1'],
  ['format', 'flac'],
  ['sample_rate', 0],
  ['sample_rate', '48000'],
  ['num_channels', 3],
  ['duration_ms', -1],
  ['byte_size', -1],
  ['sha256', 'abc'],
  ['started_at', 'yesterday'],
  ['started_at', '0000-01-01T00:00:00Z'],
  ['ended_at', '2026-11-20T09:00:00.000Z'],
  ['interrupted', null],
  ['interruption_cause', 'boredom'],
  ['end_reason', 'why not'],
  ['start_frame', 0.5],
  ['capture', []],
  ['external_id', ''],
  ['schema', 2],
])('[SRV-7] a segment whose %s is %j is refused by the name of the field', (field, value) => {
  const error = refusal(() => checkJson(segmentSchema, segmentWith({ [field]: value })));
  expect(error).toMatchObject({ status: 422, code: 'invalid_field', field });
  expect(error.message).toContain(`${field}: `);
});

test.each(['speech_end', 'drained', 'interrupted', 'manual', 'session_stop', 'page_exit', 'device_lost', 'crash'])(
  '[SRV-7] [TURN-29] a segment may end by %s',
  (end_reason) => {
    expect(checkJson(segmentSchema, segmentWith({ end_reason }))).toMatchObject({ end_reason });
  },
);

test('[SRV-7] a fact inside a list is named by its place', () => {
  const gaps = [{ start_ms: 0, end_ms: 1, cause: 'crash' }, { start_ms: 'soon' }];
  expect(refusal(() => checkJson(segmentSchema, segmentWith({ gaps }))).field).toBe('gaps.1.start_ms');
});

test('[SRV-7] every fact that the seed table needs is required, and its absence is named', () => {
  for (const field of ['segment_id', 'session_id', 'turn_id', 'speaker', 'format', 'sample_rate', 'num_channels'])
    expect(refusal(() => checkJson(segmentSchema, segmentWith({ [field]: undefined })))).toMatchObject({
      field,
      message: `${field}: is missing`,
    });
});

test('[SRV-7] a plain client may leave out what is ours alone', () => {
  const { segment_id, session_id, turn_id, speaker, format, sample_rate, num_channels, duration_ms } =
    segmentFacts(audio);
  const { byte_size, sha256, started_at, ended_at, interrupted } = segmentFacts(audio);
  const few = { segment_id, session_id, turn_id, speaker, format, sample_rate, num_channels, duration_ms };
  const facts = checkJson(
    segmentSchema,
    JSON.stringify({ ...few, byte_size, sha256, started_at, ended_at, interrupted }),
  );
  expect(facts).toMatchObject({ part: 1, is_last: true, gaps: [], external_id: null, rendered_ms: null });
});

test('[SRV-7] facts that the server does not know are kept', () => {
  expect(checkJson(segmentSchema, segmentWith({ mood: 'cheerful' }))).toMatchObject({ mood: 'cheerful' });
});

test('[SRV-7] ids become lower case, since they become a path and a key', () => {
  const id = 'A61CD6A3-64B1-4B6C-9E35-4D3B1B3D2F10';
  expect(checkJson(segmentSchema, segmentWith({ segment_id: id })).segment_id).toBe(id.toLowerCase());
});

test('[SRV-7] a date that rolls over is given to SQL as the day it rolls to', () => {
  const transcript = JSON.stringify(transcriptFacts({ occurred_at: '2026-02-30T12:00:00.123456789+01:00' }));
  expect(checkJson(transcriptSchema, transcript).occurred_at).toBe('2026-03-02T11:00:00.123Z');
});

const check = (facts: object) => checkJson(transcriptSchema, JSON.stringify(transcriptFacts({ ...facts })));

test('[SRV-51] a transcript may name its turn by id, by the voice stack’s own, or by its time alone', () => {
  expect(check({ turn_id: null, external_id: 'item_1' }).turn_id).toBeNull();
  expect(check({ turn_id: null, external_id: null })).toMatchObject({ turn_id: null, external_id: null });
  expect(refusal(() => check({ confidence: 1.1 }))).toMatchObject({ field: 'confidence' });
});

test('[SRV-9] the role "bot" means the assistant', () => {
  expect(checkJson(transcriptSchema, JSON.stringify(transcriptFacts({ role: 'bot' }))).role).toBe('assistant');
});

test('[SRV-7] text that PostgreSQL cannot store is refused by the name of the field', () => {
  for (const text of ['nul \u0000', 'half a pair \ud800'])
    expect(refusal(() => checkJson(transcriptSchema, JSON.stringify(transcriptFacts({ text }))))).toMatchObject({
      status: 422,
      field: 'text',
    });
  const metadata = { deep: [{ '\u0000': 1 }] };
  expect(refusal(() => checkJson(sessionSchema, JSON.stringify(sessionFacts({ metadata })))).field).toBe(
    'metadata.deep.0',
  );
});

test('[SRV-7] JSON nested without end is refused, not followed', () => {
  const deep = `{"session_id":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  expect(refusal(() => checkJson(sessionSchema, deep))).toMatchObject({ status: 422 });
});

test('[SRV-7] what is no JSON is malformed, and the answer does not quote it', () => {
  const error = refusal(() => checkJson(transcriptSchema, '{"text": secret words'));
  expect(error).toMatchObject({ status: 400, code: 'malformed' });
  expect(error.message).not.toContain('secret');
  expect(refusal(() => checkJson(segmentSchema, '[]', 'segment'))).toMatchObject({ status: 422 });
});

// Each side states the wire on its own. Here a name or a type that differs does not compile.
type Entries<Schema> = Schema extends { pipe: readonly [{ entries: infer Inner }, ...unknown[]] }
  ? Inner
  : Schema extends { entries: infer Inner }
    ? Inner
    : never;
type Facts<Names> = { [Name in keyof Names]: Names[Name] extends v.GenericSchema ? v.InferOutput<Names[Name]> : never };

test('[SRV-7] every fact that the recorder sends is known to the server', () => {
  const ofSegment: Record<keyof SegmentWire, unknown> = segmentSchema.pipe[0].entries;
  const ofTranscript: Record<keyof TranscriptWire, unknown> = transcriptSchema.entries;
  const ofSession: Record<keyof SessionWire, unknown> = sessionSchema.pipe[0].entries;
  expect(Object.keys(segmentFacts(audio)).filter((name) => !(name in ofSegment))).toEqual([]);
  expect(Object.keys(transcriptFacts()).filter((name) => !(name in ofTranscript))).toEqual([]);
  expect(Object.keys(sessionFacts()).filter((name) => !(name in ofSession))).toEqual([]);
});

// The compiler is the test of the types: these are never called.
type SegmentEntries = Omit<Facts<Entries<typeof segmentSchema>>, 'sent_at' | 'transcript' | 'unheard_tail'>;
const segment = (facts: SegmentWire): SegmentEntries => ({ ...facts, capture: { ...facts.capture } });
// The recorder has no recogniser: how sure one was is told by others.
type TranscriptEntries = Omit<Facts<Entries<typeof transcriptSchema>>, 'confidence'>;
const transcript = (facts: TranscriptWire): TranscriptEntries => facts;
const session = ({ epochs, ...facts }: SessionWire): Facts<Entries<typeof sessionSchema>> => ({
  ...facts,
  epochs: epochs.map((epoch) => ({ ...epoch })),
});

test('[SRV-7] every fact that the recorder sends has a type that the server takes', () => {
  expect([segment, transcript, session]).toHaveLength(3);
});
