import type { Segment, StoredSegment, StoredSession, Transcript } from 'turntape';
import type { DeviceReader } from '../device-source.ts';
import type { ScriptedTurn } from './scripted-calls.ts';
import { FILE_RATE, OUTLINE_RATE, outlineOf, spoken, wavOf } from './spoken-wav.ts';

/** When every scripted session began: 2026-11-20T09:30:00Z. */
const STARTED_AT = Date.UTC(2026, 10, 20, 9, 30);
const RATE = 48_000;
const PRE_ROLL_MS = 300;
const POST_ROLL_MS = 150;

const id = (kind: number, index: number): string =>
  `00000000-0000-4000-8${String(kind).padStart(3, '0')}-${String(index).padStart(12, '0')}`;

/** A session on a device, as a recorder would read it. Audio is made when it is asked for. */
export class ScriptedReview implements DeviceReader {
  readonly stored: StoredSession;
  readonly sessionId: string;
  /** Files that were read, in order. */
  readonly read: string[] = [];
  /** When set, a read waits for it. */
  gate: Promise<void> | undefined;
  readonly #turns: readonly ScriptedTurn[];

  constructor(turns: readonly ScriptedTurn[], { name = 1, live = false, lengthMs = 0 } = {}) {
    this.sessionId = id(0, name);
    this.#turns = turns;
    const segments = turns.flatMap((turn, index) => this.#segments(turn, index));
    const end = Math.max(lengthMs, 0, ...turns.map(({ startMs, ms }) => startMs + ms + POST_ROLL_MS));
    this.stored = {
      session: {
        sessionId: this.sessionId,
        startedAt: STARTED_AT,
        endedAt: live ? null : STARTED_AT + end,
        endReason: live ? null : 'session_stop',
        state: live ? 'active' : 'ended',
        metadata: {},
        consent: null,
        epochs: [
          {
            epoch: 0,
            clockId: 1,
            clockRate: RATE,
            startFrame: 0,
            sessionFrameOffset: 0,
            wallAnchor: { frame: 0, wallMs: STARTED_AT },
          },
        ],
        schema: 1,
      },
      segments,
      transcripts: turns.flatMap((turn, index) => this.#transcript(turn, index)),
    };
  }

  async readSession(sessionId: string): Promise<StoredSession | undefined> {
    return sessionId === this.sessionId ? this.stored : undefined;
  }

  async readAudio(segmentId: string): Promise<ArrayBuffer | undefined> {
    await this.gate;
    this.read.push(segmentId);
    const samples = this.#samples(segmentId);
    return samples && wavOf(samples);
  }

  async readPeaks(segmentId: string): ReturnType<DeviceReader['readPeaks']> {
    const samples = this.#samples(segmentId, OUTLINE_RATE);
    return samples && outlineOf(samples);
  }

  files(): ReturnType<DeviceReader['files']> {
    const made = { blob: new Blob(['audio'], { type: 'audio/ogg' }) };
    return { export: async () => made, bundle: async () => new Blob(['zip']) } as unknown as ReturnType<
      DeviceReader['files']
    >;
  }

  #samples(segmentId: string, rate = FILE_RATE): Float32Array | undefined {
    const segment = this.stored.segments.find((each) => each.segmentId === segmentId);
    const index = Number(segmentId.slice(-12)) % 10_000;
    const turn = this.#turns[index];
    if (!segment || !turn || turn.goneTo !== undefined) return undefined;
    const samples = spoken(
      segment.durationMs,
      index + 1,
      turn.speaker === 'user' ? 190 : 120,
      segment.speechOnsetMs,
      rate,
    );
    // What is missing or silent on purpose is silence in the file.
    for (const { startMs, endMs } of [...segment.gaps, ...segment.marks])
      samples.fill(0, Math.round((startMs * rate) / 1000), Math.round((endMs * rate) / 1000));
    if (!segment.unheardTail) samples.fill(0, samples.length - Math.round((POST_ROLL_MS * rate) / 1000));
    return samples;
  }

  #segments(turn: ScriptedTurn, index: number): StoredSegment[] {
    if (turn.wordsOnly) return [];
    const isUser = turn.speaker === 'user';
    const preRoll = isUser ? Math.min(PRE_ROLL_MS, turn.startMs) : 0;
    const cut = turn.unheardMs !== undefined && !turn.unheard;
    const durationMs = turn.unheard ? 0 : preRoll + turn.ms + (isUser ? POST_ROLL_MS : 0);
    const startMs = turn.startMs - preRoll;
    const startFrame = Math.round(startMs * (RATE / 1000));
    const bot = { renderedMs: turn.ms, heardMs: turn.ms, generatedMs: turn.ms + (turn.unheardMs ?? 0) };
    const none = turn.unheard ? { renderedMs: 0, heardMs: 0, generatedMs: turn.unheardMs ?? 0 } : bot;
    const segment: StoredSegment = {
      segmentId: id(1, index),
      sessionId: this.sessionId,
      turnId: id(2, index),
      part: 1,
      isLast: true,
      speaker: turn.speaker,
      utteranceIds: [],
      externalId: null,
      overlapsTurnId: null,
      replaces: null,
      format: 'wav',
      sampleRate: 16_000,
      inputSampleRate: RATE,
      numChannels: 1,
      durationMs,
      byteSize: turn.unheard ? 0 : 44 + durationMs * 32,
      sha256: '',
      startedAt: STARTED_AT + startMs,
      endedAt: STARTED_AT + startMs + durationMs,
      clockEpoch: 0,
      clockRate: RATE,
      startFrame,
      endFrame: startFrame + durationMs * (RATE / 1000),
      interrupted: cut,
      interruptionCause: cut ? 'client_vad' : null,
      endReason: cut ? 'interrupted' : isUser ? 'speech_end' : 'drained',
      ...(isUser ? { renderedMs: null, heardMs: null, generatedMs: null } : none),
      speechOnsetMs: preRoll,
      responseLatencyMs: turn.latencyMs ?? null,
      gaps: turn.gaps ?? [],
      marks: turn.marks ?? [],
      inputLatencyMs: null,
      outputLatencyMs: null,
      capture: {
        settings: {},
        vad: null,
        encoder: {},
        ...(turn.sealed && { sealed: { scheme: 'turntape-seal-1', keyId: null } }),
      },
      schema: 1,
      deliveryState: 'acknowledged',
      audioUrl: turn.goneTo,
    };
    return turn.tail ? [segment, this.#tail(segment, turn, index)] : [segment];
  }

  /** What nobody heard, as a segment of its own. */
  #tail(cut: StoredSegment, { unheardMs = 0, ms }: ScriptedTurn, index: number): StoredSegment {
    const at = STARTED_AT + cut.startedAt - STARTED_AT + ms;
    const none: Pick<Segment, 'renderedMs' | 'heardMs' | 'generatedMs' | 'interruptionCause'> = {
      renderedMs: null,
      heardMs: null,
      generatedMs: null,
      interruptionCause: null,
    };
    return {
      ...cut,
      ...none,
      segmentId: id(1, 10_000 + index),
      turnId: id(3, index),
      durationMs: unheardMs,
      startedAt: at,
      endedAt: at,
      startFrame: cut.endFrame,
      interrupted: false,
      responseLatencyMs: null,
      gaps: [],
      marks: [],
      unheardTail: { turnId: cut.turnId, utteranceId: 'u', fromMs: ms, toMs: ms + unheardMs },
    };
  }

  #transcript({ text, heardText, speaker, startMs }: ScriptedTurn, index: number): Transcript[] {
    if (text === undefined) return [];
    return [
      {
        transcriptId: id(4, index),
        sessionId: this.sessionId,
        turnId: id(2, index),
        externalId: null,
        role: speaker === 'bot' ? 'assistant' : 'user',
        text,
        utteranceId: null,
        words: null,
        heardText: heardText ?? null,
        cutWord: null,
        heardMs: null,
        language: null,
        interrupted: false,
        occurredAt: STARTED_AT + startMs,
        revision: 1,
        schema: 1,
      },
    ];
  }
}
