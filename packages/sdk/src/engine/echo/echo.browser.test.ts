import { afterEach, beforeEach, expect, test } from 'vitest';
import { BLOCK_FRAMES } from '../../core/messages/audio-setup.ts';
import type { PlayerCommand, PlayerEvent, PlayerMessage } from '../../core/messages/player-engine.ts';
import type { TypedPort } from '../../core/messages/ports.ts';
import type { TapCommand, TapMessage } from '../../core/messages/tap-engine.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { listSegments } from '../../storage/segments.ts';
import { RATE, STARTED_MS, loudness, scriptedPipeline, scriptedSettings, settle } from '../../scripted/session.ts';

/** The engine's rooms together; what the player puts out comes back in the microphone. Speech is what is loud. */

const DELAY = 0.12 * RATE;
const GAIN = 0.1;

const nobody = () => undefined;

let db: TurntapeDatabase;
beforeEach(async () => {
  db = await openTurntapeDatabase(`echo-${crypto.randomUUID()}`);
});
afterEach(() => db.close());

function babble(seed: number, length: number): Float32Array {
  let state = seed;
  let last = 0;
  return new Float32Array(length).map(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    last = 0.8 * last + 0.2 * (state / 2 ** 31 - 1);
    return last;
  });
}

/** One utterance of `botMs`, its echo, and a user from `userAtMs` on; what was commanded and told. */
async function converse(options: { botMs: number; userAtMs?: number; userMs?: number; echoThreshold?: number }) {
  const { botMs, userAtMs = 0, userMs = 0, echoThreshold = 0.8 } = options;
  const sessionId = crypto.randomUUID();
  const commands: PlayerCommand[] = [];
  const settings = scriptedSettings(sessionId, { vad: { echoThreshold } });
  const { pipeline, facts } = await scriptedPipeline(db, settings, loudness(0.01));

  const bot = babble(5, (botMs / 1000) * RATE).map((sample) => 0.8 * sample);
  const user = babble(77, (userMs / 1000) * RATE).map((sample) => 0.5 * sample);
  const botAt = 48 * BLOCK_FRAMES;
  const userAt = botAt + (userAtMs / 1000) * RATE;
  let frame = 0;
  let silentFrom = botAt + bot.length;
  let hears: (message: PlayerMessage) => void = nobody;
  let tapHears: (message: TapMessage) => void = nobody;
  const wallMs = () => STARTED_MS + (frame / RATE) * 1000;
  const player: TypedPort<PlayerCommand, PlayerMessage> = {
    receive: (receiver) => (hears = receiver),
    close: () => undefined,
    send(command) {
      commands.push(command);
      if (command.type === 'stop') hears({ type: 'stopped', endFrame: frame });
      if (command.type !== 'cut') return;
      silentFrom = Math.min(silentFrom, frame);
      const utterances = frame < botAt + bot.length ? [{ utteranceId: 'u', renderedFrames: frame - botAt }] : [];
      const cut = { kind: 'cut', frame, cutId: command.cutId, utterances } as const;
      hears({ type: 'block', startFrame: frame, wallMs: wallMs(), frames: 0, samples: null, events: [cut] });
    },
  };
  const tap: TypedPort<TapCommand, TapMessage> = {
    receive: (receiver) => (tapHears = receiver),
    close: () => undefined,
    send: (command) => void (command.type === 'stop' && tapHears({ type: 'stopped', endFrame: frame })),
  };
  const clock = { clockId: 1, clockRate: RATE };
  pipeline.connectTap({ ...clock, speaker: 'user', boundaries: 'none', plays: false, port: tap });
  pipeline.connectPlayer({ ...clock, port: player });

  const played = new Float32Array(botAt + bot.length + 3 * RATE);
  for (; frame + BLOCK_FRAMES <= played.length; frame += BLOCK_FRAMES) {
    const events: PlayerEvent[] = [];
    if (frame === botAt) {
      pipeline.say({ type: 'begin', utteranceId: 'u', turnId: crypto.randomUUID() });
      events.push({ kind: 'started', frame, utteranceId: 'u' });
    }
    const end = botAt + bot.length;
    if (silentFrom === end && frame < end && end <= frame + BLOCK_FRAMES)
      events.push({ kind: 'drained', frame: end, utteranceId: 'u', renderedFrames: bot.length });
    const samples = new Float32Array(BLOCK_FRAMES).map((_, n) =>
      frame + n < silentFrom ? (bot[frame + n - botAt] ?? 0) : 0,
    );
    played.set(samples, frame);
    const heard = samples.map((_, n) => {
      const at = frame + n - DELAY;
      const echo = GAIN * ((played[at] ?? 0) + 0.4 * (played[at - 150] ?? 0));
      return echo + (user[frame + n - userAt] ?? 0);
    });
    hears({ type: 'block', startFrame: frame, wallMs: wallMs(), frames: BLOCK_FRAMES, samples, events });
    tapHears({ type: 'block', startFrame: frame, wallMs: wallMs(), samples: heard });
    // The detector decides in microtasks: it must be done before the next block, as it is in real time.
    await settle();
  }
  await pipeline.stop('session_stop');
  const segments = await listSegments(db, sessionId);
  return {
    segments: segments.filter((segment) => segment.speaker === 'user'),
    starts: facts.flatMap((fact) => (fact.type === 'client_vad_start' ? [fact.event] : [])),
    stops: facts.flatMap((fact) => (fact.type === 'client_vad_stop' ? [fact.event] : [])),
    interruptions: facts.filter((fact) => fact.type === 'interruption'),
    ducks: commands.filter((command) => command.type === 'gain' && command.gain < 1),
    errors: facts.filter((fact) => fact.type === 'error'),
  };
}

test('[ECHO-14] the bot’s own echo neither ducks nor cuts it, and makes no turn', async () => {
  const { starts, stops, interruptions, ducks, segments, errors } = await converse({ botMs: 1500 });
  expect(errors).toEqual([]);
  expect(starts.map(({ doubtful }) => doubtful)).toEqual([true]);
  expect(starts[0]?.echoLikelihood).toBeGreaterThan(0.9);
  expect(stops).toEqual([expect.objectContaining({ turnId: starts[0]?.turnId, doubtful: true, misfire: true })]);
  expect(interruptions).toEqual([]);
  expect(ducks).toEqual([]);
  expect(segments).toEqual([]);
});

test('[ECHO-14] without the score the same echo cuts the bot', async () => {
  const { interruptions } = await converse({ botMs: 1500, echoThreshold: 1 });
  expect(interruptions).toHaveLength(1);
});

test('[ECHO-15] a user who talks over the echo cuts the bot, and their turn begins where they began', async () => {
  const { starts, stops, interruptions, segments, errors } = await converse({
    botMs: 2500,
    userAtMs: 1000,
    userMs: 1000,
  });
  expect(errors).toEqual([]);
  expect(starts.map(({ doubtful }) => doubtful)).toEqual([true, false]);
  expect(stops.map(({ doubtful }) => doubtful)).toEqual([true, false]);
  expect(interruptions).toHaveLength(1);
  const userAt = 48 * BLOCK_FRAMES + RATE;
  expect(Math.abs((starts[1]?.onsetFrame ?? 0) - userAt) / RATE).toBeLessThan(0.08);
  expect(segments).toHaveLength(1);
  expect(segments[0]?.capture.vad).toMatchObject({ echo_threshold: 0.8, echo_likelihood: expect.any(Number) });
});
