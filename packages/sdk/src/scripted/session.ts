import { Loudspeaker } from '../audio-thread/loudspeaker.ts';
import { PlaybackQueue } from '../audio-thread/playback-queue.ts';
import { BLOCK_FRAMES } from '../core/messages/audio-setup.ts';
import { AS_IT_COMES } from '../core/messages/loudspeaker.ts';
import type { CaptureSetup, EngineFact } from '../core/messages/page-engine.ts';
import {
  DECLICK_MS,
  type PlayerCommand,
  type PlayerEvent,
  type PlayerMessage,
  playerCommandTransferables,
  playerTransferables,
} from '../core/messages/player-engine.ts';
import { typedPort } from '../core/messages/ports.ts';
import {
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
  tapTransferables,
} from '../core/messages/tap-engine.ts';
import type { SessionSettings } from '../core/settings.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import type { KeptSegmentRow } from '../storage/rows.ts';
import { listSegments } from '../storage/segments.ts';
import type { SegmentSeals } from '../engine/keeping/segment-seal.ts';
import { Pipeline, type PipelineOptions } from '../engine/pipeline.ts';
import type { ProbabilityModel } from '../engine/vad/probability-model.ts';

/** A session without a microphone or a page, for the engine's tests: the test writes what is heard. Nothing of it is shipped. */

/** Of the context, the session and every file, in Hz. */
export const RATE = 48_000;
/** Frames of a millisecond. */
export const MS = RATE / 1000;
/** Of the fade of a cut. */
export const FADE_FRAMES = DECLICK_MS * MS;
/** Wall time of frame 0. */
export const STARTED_MS = 1_700_000_000_000;

const CAPTURE: CaptureSetup = {
  clockId: 1,
  clockRate: RATE,
  settings: { echoCancellation: true },
  inputLatencyMs: 10,
  outputLatencyMs: 30,
};

/** Speech is what is louder than this. */
export const loudness = (threshold: number): ProbabilityModel => ({
  name: 'energy',
  windowFrames: 512,
  probability: (window) => (Math.max(...window) > threshold ? 1 : 0),
  reset: () => undefined,
  release: () => undefined,
});

/** What differs from the settings of every test. */
export type SettingsChange = Partial<
  Pick<SessionSettings, 'redactLookbackMs' | 'record' | 'endTurnTimeoutMs' | 'levels'>
> & {
  format?: 'opus' | 'wav' | 'mp3';
  /** The app writes the user: there is no microphone. */
  written?: boolean;
  /** Null: no detector. */
  vad?: Partial<NonNullable<SessionSettings['vad']>> | null;
  turns?: Partial<SessionSettings['turns']>;
  bargeIn?: Partial<SessionSettings['bargeIn']>;
};

/** WAV, the detector of loudness, and what the recorder's own defaults are otherwise; no start is an echo. */
export function scriptedSettings(sessionId: string, change: SettingsChange = {}): SessionSettings {
  const { format = 'wav', vad, turns, bargeIn, redactLookbackMs = 0, record = { user: true, bot: true } } = change;
  const encoder = { format, sampleRate: RATE, bitrate: 32_000 } as const;
  const detector = {
    model: 'energy',
    positiveSpeechThreshold: 0.5,
    negativeSpeechThreshold: 0.35,
    minSpeechMs: 250,
    endSilenceMs: 800,
    echoThreshold: 1,
  } as const;
  return {
    sessionId,
    metadata: {},
    consent: null,
    record,
    encoder: { user: encoder, bot: encoder },
    vad: vad === null ? null : { ...detector, ...vad },
    bargeIn: { mode: 'duck-then-cut', duckGain: 0.25, minBotMs: 0, cooldownMs: 0, ...bargeIn },
    turns: {
      mode: 'speech',
      preRollMs: 500,
      postRollMs: 200,
      botHangoverMs: 300,
      maxSegmentMs: 300_000,
      ...turns,
    },
    redactLookbackMs,
    endTurnTimeoutMs: change.endTurnTimeoutMs,
    levels: change.levels,
  };
}

/** A pipeline with these settings and everything that it reports; `past`: it goes on under another engine. */
export async function scriptedPipeline(
  db: TurntapeDatabase,
  settings: SessionSettings,
  model = loudness(0.05),
  seals?: SegmentSeals,
  past?: PipelineOptions['past'],
) {
  const facts: EngineFact[] = [];
  const report = (fact: EngineFact): void => void facts.push(fact);
  const pipeline = new Pipeline({ db, settings, capture: CAPTURE, model, seals, report, past });
  await (past ? pipeline.goOn() : pipeline.open());
  return { pipeline, facts };
}

/** The facts of one type. */
export const named = <Type extends EngineFact['type']>(facts: readonly EngineFact[], type: Type) =>
  facts.filter((fact): fact is Extract<EngineFact, { type: Type }> => fact.type === type);

/** What was posted before is taken on both sides of every channel. A timer would wait 4 ms each time. */
export async function settle(): Promise<void> {
  for (let each = 0; each < 6; each += 1) {
    const { port1, port2 } = new MessageChannel();
    await new Promise((resolve) => {
      port2.addEventListener('message', resolve);
      port2.start();
      port1.postMessage(null);
    });
    port1.close();
  }
}

/**
 * The user and the bot, with the real player's queue; the test holds the clock: `pass` lets both tracks go on. `seals`: what
 * seals its files.
 */
export async function scriptedConversation(db: TurntapeDatabase, change: SettingsChange = {}, seals?: SegmentSeals) {
  const sessionId = crypto.randomUUID();
  const { pipeline, facts } = await scriptedPipeline(db, scriptedSettings(sessionId, change), loudness(0.05), seals);
  const [ear, mouth] = [new MessageChannel(), new MessageChannel()];
  const clock = { clockId: 1, clockRate: RATE };
  const mouthPort = typedPort<PlayerCommand, PlayerMessage>(mouth.port1, playerCommandTransferables);
  pipeline.connectPlayer({ ...clock, port: mouthPort });
  const earPort = typedPort<TapCommand, TapMessage>(ear.port1, tapCommandTransferables);
  if (!change.written)
    pipeline.connectTap({ ...clock, speaker: 'user', boundaries: 'none', plays: false, port: earPort });
  const tap = typedPort<TapMessage, TapCommand>(ear.port2, tapTransferables);
  const player = typedPort<PlayerMessage, PlayerCommand>(mouth.port2, playerTransferables);
  const queue = new PlaybackQueue({ quantumFrames: BLOCK_FRAMES, fadeFrames: FADE_FRAMES });
  const loudspeaker = new Loudspeaker({ ...AS_IT_COMES, quantumFrames: BLOCK_FRAMES, sampleRate: RATE });
  const commands: PlayerCommand[] = [];
  let frame = 0;
  const blocks: ('full' | 'burst')[] = [];
  let isRecordSilent = false;
  /** The sources that were told to stop: they send nothing more. */
  const ended = new Set<'tap' | 'player'>(change.written ? ['tap'] : []);
  tap.receive((command) => {
    if (command.type === 'blocks') blocks.push(command.end);
    if (command.type !== 'stop') return;
    ended.add('tap');
    tap.send({ type: 'stopped', endFrame: frame });
  });
  player.receive((command) => {
    commands.push(command);
    if (command.type === 'begin') queue.begin(command.utteranceId);
    if (command.type === 'pcm') queue.pcm(command.utteranceId, command.samples);
    if (command.type === 'end') queue.end(command.utteranceId);
    if (command.type === 'gain') queue.gain(command.gain, Math.round(command.rampMs * MS));
    if (command.type === 'cut') queue.cut(command.cutId);
    if (command.type === 'deafen') loudspeaker.deafen(command.deafenId, command.deafened);
    if (command.type === 'volume') loudspeaker.setVolume(command.volume);
    if (command.type !== 'stop') return;
    ended.add('player');
    player.send({ type: 'stopped', endFrame: frame });
  });
  /** Time passes; the user is this loud, or says this. */
  const pass = async (ms: number, amplitude: number | ((frame: number) => number) = 0): Promise<void> => {
    for (const end = frame + ms * MS; frame < end; frame += BLOCK_FRAMES) {
      const place = { type: 'block' as const, startFrame: frame, wallMs: STARTED_MS + frame / MS };
      const out = new Float32Array(BLOCK_FRAMES);
      const events: PlayerEvent[] = [];
      if (!ended.has('player')) for (const news of loudspeaker.begin(frame)) player.send(news);
      queue.render(out, frame, events, loudspeaker.silentFrom);
      loudspeaker.gate([out]);
      const samples = !isRecordSilent && out.some((each) => each !== 0) ? out : null;
      if (!ended.has('player')) player.send({ ...place, frames: BLOCK_FRAMES, samples, events });
      if (!ended.has('player')) for (const news of loudspeaker.end(frame)) player.send(news);
      const at = frame;
      const said = Float32Array.from({ length: BLOCK_FRAMES }, (_, n) =>
        typeof amplitude === 'number' ? amplitude : amplitude(at + n),
      );
      if (!ended.has('tap')) tap.send({ ...place, samples: said });
      await settle();
    }
  };
  /** The bot is given samples to say; with `open` more will come. */
  const give = (samples: Float32Array, { open = false } = {}): { utteranceId: string; turnId: string } => {
    const ids = { utteranceId: crypto.randomUUID(), turnId: crypto.randomUUID() };
    pipeline.say({ type: 'begin', ...ids });
    pipeline.say({ type: 'pcm', utteranceId: ids.utteranceId, samples, sampleRate: RATE });
    if (!open) pipeline.say({ type: 'end', utteranceId: ids.utteranceId });
    return ids;
  };
  return {
    sessionId,
    pipeline,
    facts,
    give,
    /** The bot is given `ms` of a loud tone to say. */
    say: (ms: number) => give(new Float32Array(ms * MS).fill(0.5)),
    /** From now on the bot is put out and the engine gets silence of it. */
    muteRecord: () => void (isRecordSilent = true),
    /** The ends of blocks that the microphone's tap was told. */
    blocks,
    /** The gains and cuts that the player was told, the reopening after a cut left out. */
    told: () =>
      commands.flatMap((command): (string | number)[] => {
        if (command.type === 'cut') return ['cut'];
        return command.type === 'gain' && command.rampMs > 0 ? [command.gain] : [];
      }),
    /** Frames that the player was given to put out so far. */
    handed: () => commands.reduce((sum, command) => sum + (command.type === 'pcm' ? command.samples.length : 0), 0),
    events: <Type extends EngineFact['type']>(type: Type) => named(facts, type),
    pass,
    /** Ends the session. Its clock goes on until both sources have ended: the player answers the last cut. */
    stop: async (): Promise<void> => {
      const stopped = pipeline.stop('session_stop');
      for (let more = 0; more < 20 && ended.size < 2; more += 1) await pass(BLOCK_FRAMES / MS);
      await stopped;
    },
    /** In the order in which they were given, where these are said. */
    segments: async (said: readonly { turnId: string }[] = []): Promise<KeptSegmentRow[]> => {
      const place = ({ turn_id }: { turn_id: string }): number => said.findIndex(({ turnId }) => turnId === turn_id);
      return (await listSegments(db, sessionId)).toSorted((one, other) => place(one) - place(other));
    },
  };
}
