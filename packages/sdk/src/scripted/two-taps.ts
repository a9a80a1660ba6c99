import { BLOCK_FRAMES } from '../core/messages/audio-setup.ts';
import type { EngineFact, FileRequest } from '../core/messages/page-engine.ts';
import { typedPort } from '../core/messages/ports.ts';
import {
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
  tapTransferables,
} from '../core/messages/tap-engine.ts';
import type { SessionMemory } from '../core/messages/session-memory.ts';
import type { Epoch } from '../core/timeline.ts';
import type { EncryptionSettings, ResamplerQuality, SessionSettings } from '../core/settings.ts';
import type { Speaker } from '../core/turn.ts';
import { readSessionFileAs } from '../engine/files/session-files.ts';
import type { SessionPast } from '../engine/keeping/session-past.ts';
import { Pipeline } from '../engine/pipeline.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import type { ProbabilityModel } from '../engine/vad/probability-model.ts';
import { RATE, STARTED_MS, loudness } from './session.ts';

/** Two speakers on one clock, faster than real time: the test writes what both tracks hold, frame by frame. */

const nobody: ProbabilityModel = { ...loudness(1), probability: () => 0 };

export interface Plan {
  db: TurntapeDatabase;
  session: 'stereo' | 'mono' | false;
  format: 'opus' | 'wav' | 'mp3';
  /** Whose turns become segments. Default: both. */
  record?: { user: boolean; bot: boolean };
  speakers?: readonly Speaker[];
  clockRate?: number;
  sessionId?: string;
  startedAt?: number;
  redactLookbackMs?: number;
  /** Of every file, in Hz. Default 48000, the clock's own. */
  fileRate?: number;
  resampler?: ResamplerQuality;
  /** Default 300000. */
  maxSegmentMs?: number;
  encryption?: EncryptionSettings;
  /** Goes on, under another engine, with what one that crashed has left. */
  resumes?: { epochs: readonly Epoch[]; frame: number };
  model?: ProbabilityModel;
}

function settings(plan: Plan, sessionId: string): SessionSettings {
  const { format, session, fileRate = RATE, resampler = 'best' } = plan;
  const bitrate = format === 'mp3' ? 64_000 : 32_000;
  const encoder = { format, sampleRate: fileRate, bitrate, resampler } as const;
  return {
    sessionId,
    metadata: {},
    consent: null,
    record: { user: true, bot: true, ...plan.record, session },
    encoder: { user: encoder, bot: encoder, session: { ...encoder, format: format === 'mp3' ? 'opus' : format } },
    vad: {
      model: 'energy',
      positiveSpeechThreshold: 0.5,
      negativeSpeechThreshold: 0.35,
      minSpeechMs: 100,
      endSilenceMs: 300,
      echoThreshold: 1,
    },
    bargeIn: { mode: 'off', duckGain: 1, minBotMs: 0, cooldownMs: 0 },
    turns: {
      mode: 'speech',
      preRollMs: 200,
      postRollMs: 100,
      botHangoverMs: 300,
      maxSegmentMs: plan.maxSegmentMs ?? 300_000,
    },
    redactLookbackMs: plan.redactLookbackMs ?? 0,
    encryption: plan.encryption,
  };
}

const NOTHING_OPEN: SessionMemory = {
  turns: [],
  speaking: undefined,
  marked: [],
  utterances: [],
  bound: [],
  gaps: [],
  mute: undefined,
  deafen: undefined,
  volume: 1,
};

function pastOf({ epochs }: NonNullable<Plan['resumes']>): SessionPast {
  return { startedAt: STARTED_MS, epochs, tracks: { user: undefined, bot: undefined }, parts: new Map() };
}

/** Says what a track holds from a session frame on. */
export type Sound = (frame: number, samples: Float32Array) => void;

/** A pipeline with a tap for each speaker; both run on one clock, and stand still and are lost as the test says. */
export async function twoTaps(plan: Plan) {
  const { db, speakers = ['user', 'bot'], clockRate = RATE, sessionId = crypto.randomUUID(), model = nobody } = plan;
  /** All but the levels: an hour of them is half a million. */
  const facts: EngineFact[] = [];
  const heardMs = { user: -1, bot: -1 };
  let told: (() => void) | undefined;
  const pipeline = new Pipeline({
    db,
    settings: settings(plan, sessionId),
    capture: { clockId: 1, clockRate, settings: {}, inputLatencyMs: 0, outputLatencyMs: 0 },
    model,
    ...(plan.resumes && { past: { past: pastOf(plan.resumes), memory: NOTHING_OPEN } }),
    report: (fact) => {
      if (fact.type === 'level') heardMs[fact.event.speaker] = fact.event.atMs;
      else facts.push(fact);
      told?.();
    },
  });
  if (plan.resumes) await pipeline.goOn();
  else await pipeline.open();
  let frame = plan.resumes?.frame ?? 0;
  let standstillMs = 0;
  const { startedAt = STARTED_MS } = plan;
  const taps = speakers.map((speaker) => {
    const { port1, port2 } = new MessageChannel();
    pipeline.connectTap({
      speaker,
      clockId: 1,
      clockRate,
      boundaries: speaker === 'user' ? 'none' : 'manual',
      plays: false,
      port: typedPort<TapCommand, TapMessage>(port1, tapCommandTransferables),
    });
    const tap = typedPort<TapMessage, TapCommand>(port2, tapTransferables);
    tap.receive((command) => {
      if (command.type === 'stop') tap.send({ type: 'stopped', endFrame: frame });
      if (command.type === 'mute') tap.send({ type: 'muted', muteId: command.muteId, frame });
    });
    return { speaker, tap };
  });
  return {
    pipeline,
    facts,
    sessionId,
    /** Frames on the session's timeline so far: the clock's own, and those for which it stood still. */
    now: () => frame + Math.round((standstillMs / 1000) * clockRate),
    play: (ms: number, sounds: Partial<Record<Speaker, Sound>>): void => {
      for (const end = frame + (ms / 1000) * clockRate; frame < end; frame += BLOCK_FRAMES)
        for (const { speaker, tap } of taps) {
          const samples = new Float32Array(BLOCK_FRAMES);
          sounds[speaker]?.(frame + Math.round((standstillMs / 1000) * clockRate), samples);
          const wallMs = startedAt + standstillMs + (frame / clockRate) * 1000;
          tap.send({ type: 'block', startFrame: frame, wallMs, samples });
        }
    },
    freeze: (ms: number): void => {
      pipeline.note({ type: 'context', state: 'suspended' });
      standstillMs += ms;
    },
    lose: (blocks: number) => void (frame += blocks * BLOCK_FRAMES),
    /** Settles when the engine has had all of it. */
    caughtUp: async (): Promise<void> => {
      const at = (frame / clockRate) * 1000 + standstillMs - 60;
      for (const speaker of speakers)
        while (heardMs[speaker] < at) await new Promise<void>((resolve) => (told = resolve));
    },
  };
}

/** One sample of `tone`. */
export const sine = (hz: number, amplitude: number, frame: number): number =>
  amplitude * Math.sin((2 * Math.PI * hz * frame) / RATE);

/** A sine that is in phase with the session's frames. */
export const tone =
  (hz: number, amplitude: number): Sound =>
  (frame, samples) => {
    for (let i = 0; i < samples.length; i += 1) samples[i] = sine(hz, amplitude, frame + i);
  };

/** A user who speaks in the second second, and a bot of the app's own marks in the third; with `overlap` both in the fourth. */
export async function exchange(plan: Omit<Plan, 'model'>, { overlap = false } = {}) {
  const { pipeline, sessionId, facts, play, now, caughtUp } = await twoTaps({ ...plan, model: loudness(0.1) });
  play(1024, {});
  play(1024, { user: tone(440, 0.5) });
  await caughtUp();
  pipeline.say({ type: 'turn-start', speaker: 'bot', turnId: crypto.randomUUID() });
  play(1024, { bot: tone(1000, 0.25) });
  if (overlap) play(1024, { user: tone(440, 0.5), bot: tone(1000, 0.25) });
  await caughtUp();
  pipeline.say({ type: 'turn-end', speaker: 'bot' });
  play(1024, {});
  await pipeline.stop('session_stop');
  const [fault] = errors(facts);
  if (fault) throw new Error(fault.error.message);
  return { sessionId, frames: now() };
}

const REQUEST = { layout: 'stereo', format: 'wav', bitrate: 32_000 } as const;

/** A file of the session, whole. */
export async function readFile(
  db: TurntapeDatabase,
  request: Omit<FileRequest, 'layout' | 'format' | 'bitrate'> & Partial<FileRequest>,
) {
  const { facts, bytes } = await readSessionFileAs(db, { ...REQUEST, ...request });
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of bytes) pieces.push(piece.slice());
  const file = await new Blob(pieces).arrayBuffer();
  return { facts, file };
}

/** A WAV file's channels, as floats. */
export function channelsOf(file: ArrayBuffer, numChannels: number): Float32Array[] {
  const pcm = new Int16Array(file, 44);
  return Array.from({ length: numChannels }, (_, channel) =>
    Float32Array.from(
      { length: pcm.length / numChannels },
      (_sample, i) => (pcm[i * numChannels + channel] ?? 0) / 32_768,
    ),
  );
}

export async function decoded(file: ArrayBuffer): Promise<AudioBuffer> {
  return new OfflineAudioContext(2, 1, RATE).decodeAudioData(file.slice(0));
}

/** Root mean square of [from, to). */
export const rms = (samples: Float32Array, from = 0, to = samples.length): number =>
  Math.sqrt(samples.subarray(from, to).reduce((sum, sample) => sum + sample * sample, 0) / (to - from));

export const errors = (facts: readonly EngineFact[]) => facts.filter((fact) => fact.type === 'error');
