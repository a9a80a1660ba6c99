import { beforeEach, expect, test, vi } from 'vitest';
import { Emitter } from '../../core/emitter.ts';
import { TurntapeError } from '../../core/errors.ts';
import type { SessionEvents } from '../../core/events.ts';
import { segmentFromWire } from '../../core/wire.ts';
import { sampleSegment } from '../../upload-contract/samples.ts';
import type { RecorderEvents } from '../recorder-events.ts';
import type { Session } from '../session.ts';
import { type LogEntry, type LogOptions, logEvents } from './log-events.ts';
import { recorderNotes } from './recorder-notes.ts';
import { sessionNotes } from './session-notes.ts';

/** A recorder and a session that tell what the test says. Their figures of the clock are real only in `debug-log.spec.ts`. */

const SESSION_ID = crypto.randomUUID();
/** What must never stand in a log. */
const SECRETS = {
  text: 'my card is 4929',
  token: 'eyJhbGciOi.secret',
  url: 'https://store.example/a?X-Signature=1f',
  said: 'no such text: my card',
};

const ids = { turnId: 'turn-1', epoch: 0 };
const turn = {
  ...ids,
  speaker: 'user',
  startFrame: 480,
  startMs: 10,
  endFrame: undefined,
  endMs: undefined,
  startedAt: 1,
  endReason: undefined,
  interrupted: false,
  interruptionCause: undefined,
  overlapsTurnId: undefined,
  utteranceIds: [],
} satisfies SessionEvents['turn-start']['turn'];
const refusal = new TurntapeError('rejected', `the backend refused it (422 ${SECRETS.said})`, {
  cause: { status: 422, code: 'bad_text', message: SECRETS.said, field: 'text', retryAfterMs: undefined },
});
const message = { type: 'client_vad_start', timestamp: 1 } as const;

/** One of each event of a session, with whatever it should not tell. */
const TOLD: { [Type in keyof SessionEvents]: SessionEvents[Type] } = {
  client_vad_start: {
    ...ids,
    message,
    onsetFrame: 1,
    decisionFrame: 2,
    knownFrame: 3,
    echoLikelihood: 0.1,
    doubtful: false,
  },
  client_vad_stop: {
    ...ids,
    message: { ...message, type: 'client_vad_stop' },
    endFrame: 9,
    decisionFrame: 9,
    misfire: true,
    doubtful: false,
  },
  'turn-start': { turn },
  'turn-end': { turn: { ...turn, endMs: 20, endFrame: 960, endReason: 'speech_end' } },
  interruption: {
    ...ids,
    utteranceId: 'u',
    cause: 'client_vad',
    cutFrame: 5,
    renderedMs: 100,
    heardMs: 80,
    generatedMs: 900,
    cutLatencyMs: 3,
  },
  'segment-kept': { segment: segmentFromWire(sampleSegment(SESSION_ID, { sha256: 'a'.repeat(64), byte_size: 4 })) },
  'segment-sent': { segmentId: 's' },
  'segment-acknowledged': { segmentId: 's', audioUrl: SECRETS.url },
  'segment-rejected': { segmentId: 's', error: refusal },
  'segment-discarded': { turnId: 't', speaker: 'user', reason: 'empty' },
  transcript: {
    transcript: {
      transcriptId: 'x',
      sessionId: SESSION_ID,
      turnId: 't',
      externalId: null,
      role: 'user',
      text: SECRETS.text,
      utteranceId: null,
      words: [{ text: SECRETS.text, startMs: 0, endMs: 1 }],
      heardText: SECRETS.text,
      cutWord: 0,
      heardMs: 1,
      language: null,
      interrupted: false,
      occurredAt: 1,
      revision: 2,
      schema: 1,
    },
  },
  microphone: { state: 'lost', label: 'Headset' },
  level: { speaker: 'user', rmsDb: -20, peakDb: -10, atMs: 5 },
  gap: { startMs: 10, endMs: 30, cause: 'engine_stall', speaker: undefined },
  integrity: {
    turnId: 't',
    externalId: null,
    speaker: 'bot',
    fromMs: 10,
    toMs: 30,
    cause: 'given_without_sound',
  },
  mute: { muted: true, epoch: 0, frame: 4, atMs: 1 },
  deafen: { deafened: true, epoch: 0, frame: 4, atMs: 1 },
  volume: { volume: 0.2, epoch: 0, frame: 4, atMs: 1 },
  redaction: { fromMs: 1, toMs: 2, segments: [], missing: ['s'] },
  'low-space': { usageBytes: 1, quotaBytes: 2, freeBytes: 1, bytesPerMinute: 1, minutesLeft: 1 },
  idle: { idleMs: 5000 },
  'session-kept': { segments: [] },
  'track-empty': { speaker: 'bot' },
  state: { state: 'suspended' },
  error: {
    error: new TurntapeError('worker_failed', `a listener said ${SECRETS.text}`, {
      cause: new TypeError(SECRETS.token),
    }),
  },
};

class Told {
  readonly events = new Emitter<SessionEvents>(() => undefined);
  readonly of = {
    sessionId: SESSION_ID,
    state: 'recording',
    sampled: true,
    microphone: { label: 'Headset' },
    on: this.events.on.bind(this.events),
    audioContext: { sampleRate: 48_000, baseLatency: 0.01, state: 'running' },
    stats: async () => ({ epochs: [{ epoch: 0, startFrame: 7, clockRate: 48_000 }], audioLink: 'port', lagMs: 1 }),
  } as unknown as Session;

  all(): void {
    for (const [type, event] of Object.entries(TOLD))
      this.events.emit(type as 'state', event as SessionEvents['state']);
  }
}

let recorder: Emitter<RecorderEvents>;
let running: Session | undefined;
let entries: LogEntry[];
beforeEach(() => {
  recorder = new Emitter(() => undefined);
  running = undefined;
  entries = [];
});

function log(options: LogOptions = {}) {
  const logged = {
    on: recorder.on.bind(recorder),
    get session() {
      return running;
    },
  };
  return logEvents(logged, { to: (entry) => entries.push(entry), ...options });
}

const events = () => entries.map(({ event }) => event);

test('[LOG-2] each event of a session and of its recorder is one entry with its area, words and plain figures', async () => {
  log({ level: 'debug' });
  const session = new Told();
  recorder.emit('session', { session: session.of });
  await expect.poll(events).toEqual(['session', 'epochs']);
  expect(entries[1]?.facts).toMatchObject({
    sampleRate: 48_000,
    baseLatencyMs: 10,
    epochs: 1,
    epoch: 0,
    startFrame: 7,
    contextState: 'running',
  });
  session.all();
  // A break of both tracks is another epoch: the clock is told again.
  await expect.poll(() => events().at(-1)).toBe('epochs');
  // Levels come many times a second, and the recorder itself tells that room is short.
  const silent = Object.entries(sessionNotes(false)).flatMap(([type, note]) => (note ? [] : [type]));
  expect(silent).toEqual(['level', 'low-space']);
  expect(new Set(events().slice(2, -1))).toEqual(new Set(Object.keys(TOLD).filter((type) => !silent.includes(type))));
  for (const { timeMs, message: words, sessionId, facts } of entries) {
    expect(Date.now() - timeMs).toBeLessThan(60_000);
    expect(words.length).toBeGreaterThan(8);
    expect(sessionId).toBe(SESSION_ID);
    expect(
      Object.values(facts).filter((value) => value === undefined || (typeof value === 'object' && value !== null)),
    ).toEqual([]);
  }
  const gap = entries.find(({ event }) => event === 'gap');
  expect(gap).toMatchObject({
    level: 'warn',
    area: 'sound',
    message: '20 ms are missing: engine_stall',
    facts: { cause: 'engine_stall', speaker: 'both' },
  });

  entries = [];
  recorder.emit('delivery-retry', {
    sessionId: SESSION_ID,
    kind: 'segment',
    id: 's',
    error: refusal,
    attempt: 2,
    delayMs: 400,
  });
  recorder.emit('dropped', {
    sessionId: SESSION_ID,
    kind: 'segment',
    id: 's',
    byteSize: 9,
    acknowledged: false,
    reason: 'full',
  });
  recorder.emit('vad-model', { model: 'energy', error: new TurntapeError('vad_failed', 'no') });
  recorder.emit('low-space', TOLD['low-space']);
  recorder.emit('error', TOLD.error);
  recorder.emit('outbox', {
    pending: 3,
    pendingSegments: 1,
    pendingBytes: 5,
    sending: 1,
    rejected: 0,
    acknowledgedSegments: 0,
    acknowledgedBytes: 0,
    remainingMs: undefined,
    restsUntilMs: undefined,
    paused: false,
  });
  expect(new Set(events())).toEqual(new Set(Object.keys(recorderNotes(false))));
  expect(entries[0]).toMatchObject({
    level: 'warn',
    sessionId: SESSION_ID,
    facts: { attempt: 2, delayMs: 400, code: 'rejected', status: 422, serverCode: 'bad_text' },
  });
  expect(entries[1]).toMatchObject({ level: 'warn', sessionId: SESSION_ID });
});

test('[LOG-3] nothing of what was said, no token, no address and no word of others stands in an entry', async () => {
  log({ level: 'debug' });
  const session = new Told();
  recorder.emit('session', { session: session.of });
  session.all();
  recorder.emit('error', { error: refusal });
  recorder.emit('delivery-retry', {
    sessionId: SESSION_ID,
    kind: 'segment',
    id: 's',
    error: refusal,
    attempt: 1,
    delayMs: 1,
  });
  const written = JSON.stringify(entries);
  for (const secret of Object.values(SECRETS)) expect(written).not.toContain(secret);
  // What is told of it instead: its length, the code, the kind of the cause.
  expect(entries.find(({ event }) => event === 'transcript')?.facts).toMatchObject({
    characters: SECRETS.text.length,
    revision: 2,
  });
  expect(entries.find(({ event }) => event === 'error')?.facts).toMatchObject({
    code: 'worker_failed',
    cause: 'TypeError',
  });
});

test('[LOG-3] with `verbatim` an error has all of its words, and a transcript still has none', () => {
  log({ level: 'debug', verbatim: true });
  const session = new Told();
  recorder.emit('session', { session: session.of });
  session.all();
  const errors = entries.filter(({ event }) => event === 'error' || event === 'segment-rejected');
  expect(errors.map(({ message: words, facts }) => `${words} ${facts['cause']}`)).toEqual([
    expect.stringContaining(SECRETS.said),
    expect.stringContaining(SECRETS.token),
  ]);
  expect(JSON.stringify(entries.filter((entry) => !errors.includes(entry)))).not.toContain(SECRETS.text);
});

test.each([
  ['error', ['error']],
  ['warn', ['error', 'warn']],
  ['info', ['error', 'warn', 'info']],
  ['debug', ['error', 'warn', 'info', 'debug']],
] as const)('[LOG-4] the level %s has entries of %j', (level, levels) => {
  const session = new Told();
  running = session.of;
  log({ level });
  session.all();
  expect(new Set(entries.map((entry) => entry.level))).toEqual(new Set(levels));
});

test('[LOG-4] the level is `info` and the log is the console where nothing else is said', () => {
  const spies = (['error', 'warn', 'info', 'debug'] as const).map((level) =>
    vi.spyOn(console, level).mockReturnValue(),
  );
  const session = new Told();
  running = session.of;
  logEvents({ on: () => () => undefined, session: running });
  session.all();
  const [error, warn, info, debug] = spies.map(({ mock }) => mock.calls.length);
  expect([error, warn, info].map((count) => count! > 0)).toEqual([true, true, true]);
  expect(debug).toBe(0);
  expect(spies[2]?.mock.calls[0]).toEqual([
    'turntape session: a session runs',
    expect.objectContaining({ sessionId: SESSION_ID }),
  ]);
  vi.restoreAllMocks();
});

test('[LOG-5] once it is ended nothing is written, also of a session that began before; a wrong option is refused by name', () => {
  const session = new Told();
  const off = log();
  recorder.emit('session', { session: session.of });
  off();
  const before = entries.length;
  session.all();
  recorder.emit('error', TOLD.error);
  recorder.emit('session', { session: new Told().of });
  expect(entries).toHaveLength(before);
  for (const options of [{ level: 'all' }, { to: 'console' }])
    expect(() => log(options as unknown as LogOptions)).toThrowError(
      expect.objectContaining({ code: 'invalid_option', field: Object.keys(options)[0] }),
    );
});
