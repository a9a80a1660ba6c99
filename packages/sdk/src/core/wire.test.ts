import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Segment } from './segment.ts';
import type { SessionFacts, Transcript } from './session.ts';
import {
  clientVadMessage,
  segmentFromWire,
  segmentToWire,
  sessionFromWire,
  sessionToWire,
  transcriptFromWire,
  transcriptToWire,
} from './wire.ts';

const ms = fc.double({ min: 0, max: 1e7, noNaN: true });
/** Whole milliseconds: what RFC 3339 with milliseconds can say. */
const wallTime = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
const nullable = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null });
/** Objects of the app or the browser, with names that look like ours. */
const foreignObject = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom('startedAt', 'started_at', 'sampleRate', 'aB_cD', 'metadata')),
  fc.jsonValue(),
);
/** Our own words in `capture`: how the detector and the encoder were set. */
const ownObject = fc.dictionary(fc.constantFrom('model', 'minSpeechMs', 'sampleRate', 'bitrate', 'preSkip'), fc.nat());
const range = { startMs: ms, endMs: ms };

const segment: fc.Arbitrary<Segment> = fc.record({
  segmentId: fc.uuid(),
  sessionId: fc.uuid(),
  turnId: fc.uuid(),
  part: fc.integer({ min: 1, max: 99 }),
  isLast: fc.boolean(),
  speaker: fc.constantFrom('user' as const, 'bot' as const),
  utteranceIds: fc.array(fc.string()),
  externalId: nullable(fc.string()),
  overlapsTurnId: nullable(fc.uuid()),
  replaces: nullable(fc.uuid()),
  format: fc.constantFrom('opus' as const, 'wav' as const),
  sampleRate: fc.nat(),
  inputSampleRate: fc.nat(),
  numChannels: fc.constantFrom(1 as const, 2 as const),
  durationMs: ms,
  byteSize: fc.nat(),
  sha256: fc.string(),
  startedAt: wallTime,
  endedAt: wallTime,
  clockEpoch: fc.nat(),
  clockRate: fc.nat(),
  startFrame: fc.nat(),
  endFrame: fc.nat(),
  interrupted: fc.boolean(),
  interruptionCause: nullable(fc.constantFrom('client_vad' as const, 'server' as const, 'manual' as const)),
  endReason: fc.constantFrom('speech_end' as const, 'interrupted' as const, 'crash' as const),
  renderedMs: nullable(ms),
  heardMs: nullable(ms),
  generatedMs: nullable(ms),
  speechOnsetMs: ms,
  responseLatencyMs: nullable(ms),
  gaps: fc.array(fc.record({ ...range, cause: fc.constantFrom('blocks_lost' as const, 'engine_crash' as const) })),
  marks: fc.array(
    fc.record({ ...range, kind: fc.constantFrom('mute' as const, 'deafened' as const, 'redaction' as const) }),
  ),
  inputLatencyMs: nullable(ms),
  outputLatencyMs: nullable(ms),
  capture: fc.record({ settings: foreignObject, vad: nullable(ownObject), encoder: ownObject }),
  schema: fc.constant(1 as const),
});

const transcript: fc.Arbitrary<Transcript> = fc.record({
  transcriptId: fc.uuid(),
  sessionId: fc.uuid(),
  turnId: nullable(fc.uuid()),
  externalId: nullable(fc.string()),
  role: fc.constantFrom('user' as const, 'assistant' as const),
  text: fc.string(),
  utteranceId: nullable(fc.string()),
  words: nullable(fc.array(fc.record({ text: fc.string(), ...range }))),
  heardText: nullable(fc.string()),
  cutWord: nullable(fc.nat()),
  heardMs: nullable(ms),
  language: nullable(fc.string()),
  interrupted: fc.boolean(),
  occurredAt: wallTime,
  revision: fc.nat(),
  schema: fc.constant(1 as const),
});

const session: fc.Arbitrary<SessionFacts> = fc.record({
  sessionId: fc.uuid(),
  startedAt: wallTime,
  endedAt: nullable(wallTime),
  endReason: nullable(fc.constantFrom('session_stop' as const, 'page_exit' as const, 'crash' as const)),
  state: fc.constantFrom('active' as const, 'ended' as const, 'recovered' as const),
  metadata: foreignObject,
  consent: nullable(fc.record({ subject: fc.string(), textVersion: fc.string(), grantedAt: wallTime })),
  epochs: fc.array(
    fc.record({
      epoch: fc.nat(),
      clockId: fc.nat(),
      clockRate: fc.nat(),
      startFrame: fc.nat(),
      sessionFrameOffset: fc.integer(),
      wallAnchor: fc.record({ frame: fc.nat(), wallMs: ms }),
    }),
  ),
  schema: fc.constant(1 as const),
});

/** What JSON makes of it: it must survive the wire, not only the mapping. */
const overJson = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

function roundTrip<Facts, Wire>(
  facts: fc.Arbitrary<Facts>,
  to: (facts: Facts) => Wire,
  from: (wire: Wire) => Facts,
): void {
  fc.assert(
    fc.property(facts, (each) => {
      expect(from(overJson(to(each)))).toEqual(overJson(each));
    }),
  );
}

describe('the wire', () => {
  test('[WIRE-1] segments, transcripts and sessions come back as they went, over JSON', () => {
    roundTrip(segment, segmentToWire, segmentFromWire);
    roundTrip(transcript, transcriptToWire, transcriptFromWire);
    roundTrip(session, sessionToWire, sessionFromWire);
  });

  test('[WIRE-2] every name of ours is snake_case, and no name of the app or the browser is touched', () => {
    fc.assert(
      fc.property(segment, session, (segment, session) => {
        const wiredSegment = segmentToWire(segment);
        const wiredSession = sessionToWire(session);
        const { settings, ...ownCapture } = wiredSegment.capture;
        const ownSegment = { ...wiredSegment, capture: ownCapture };
        const { metadata, ...ownSession } = wiredSession;
        for (const name of [...namesIn(ownSegment), ...namesIn(ownSession)]) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
        expect(settings).toBe(segment.capture.settings);
        expect(metadata).toBe(session.metadata);
      }),
    );
  });

  test('[WIRE-2] the names are those of the tables', () => {
    const [one] = fc.sample(segment, { numRuns: 1, seed: 1 });
    expect(Object.keys(segmentToWire(one as Segment))).toEqual(
      (
        'segment_id session_id turn_id part is_last speaker utterance_ids external_id overlaps_turn_id replaces format ' +
        'sample_rate input_sample_rate num_channels duration_ms byte_size sha256 started_at ended_at clock_epoch ' +
        'clock_rate start_frame end_frame interrupted interruption_cause end_reason rendered_ms heard_ms generated_ms ' +
        'speech_onset_ms response_latency_ms gaps marks input_latency_ms output_latency_ms capture schema'
      ).split(' '),
    );
  });

  test('[WIRE-3] wall times are RFC 3339 with milliseconds in UTC; a fraction of a millisecond is cut off', () => {
    const [one] = fc.sample(segment, { numRuns: 1, seed: 1 });
    const at = Date.UTC(2026, 10, 20, 8, 30, 0, 250);
    const wired = segmentToWire({ ...(one as Segment), startedAt: at + 0.75, endedAt: at });
    expect([wired.started_at, wired.ended_at]).toEqual(['2026-11-20T08:30:00.250Z', '2026-11-20T08:30:00.250Z']);
  });

  test('[WIRE-4] the vad messages have exactly two fields, the time in unix seconds', () => {
    expect(JSON.stringify(clientVadMessage('client_vad_start', 1_795_000_000_250))).toBe(
      '{"type":"client_vad_start","timestamp":1795000000.25}',
    );
    expect(clientVadMessage('client_vad_stop', 0)).toEqual({ type: 'client_vad_stop', timestamp: 0 });
  });
});

function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}
