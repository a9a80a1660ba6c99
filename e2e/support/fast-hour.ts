import type { Page } from '@playwright/test';
import { Inspector } from './inspector.ts';

/** A conversation faster than time: the real page, engine, database and uploader, and worklets that the test plays. */

const RATE = 48_000;

/** The user's track is cut into so many parts in a minute: one each 2.5 s. */
const PARTS_A_MINUTE = 24;

export interface FastOptions {
  /** Where the segments go. Default: a target in the page that has all of them at once. */
  backend?: { base: string; token: string };
  /** Of the files. Default `opus`. */
  format?: 'opus' | 'wav';
  /** What is waited for before the memory is looked at, after so many minutes. Default: that all is delivered. */
  beforeLook?: (minute: number) => Promise<void>;
}

/** What is in use after a collection of garbage, in bytes: objects and buffers. */
export interface MemoryAt {
  minute: number;
  page: number;
  worker: number;
}

/**
 * From now on, each worklet's port goes to a stand-in: it takes the player's part, and gives the user's tap what
 * `fast.run(ms)` says. As fast as the engine takes it, by its own credits. Before a recorder is made.
 */
async function standInForWorklets(page: Page): Promise<void> {
  await page.evaluate((RATE) => {
    const BLOCK = 512;
    interface Utterance {
      utteranceId: string;
      left: number;
      played: number;
      ended: boolean;
    }
    const state = { frame: 0, wallMs: Date.now(), sent: 0, taken: 0, wake: () => undefined as void };
    const ports: { tap?: MessagePort; player?: MessagePort } = {};
    const queue: Utterance[] = [];
    const cuts: number[] = [];
    const obey = (port: MessagePort, command: Record<string, unknown>): void => {
      const { type, utteranceId } = command;
      const utterance = queue.find((each) => each.utteranceId === utteranceId);
      if (type === 'begin') queue.push({ utteranceId: utteranceId as string, left: 0, played: 0, ended: false });
      if (type === 'pcm' && utterance) utterance.left += (command['samples'] as Float32Array).length;
      if (type === 'end' && utterance) utterance.ended = true;
      if (type === 'cut') cuts.push(command['cutId'] as number);
      if (type === 'stop') port.postMessage({ type: 'stopped', endFrame: state.frame });
      if (type === 'consumed' && port === ports.tap) {
        state.taken = command['frames'] as number;
        state.wake();
      }
    };
    // oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message: { type?: string; port?: MessagePort }, transfer: never): void {
      const { type } = message;
      if (type !== 'tap' && type !== 'player') {
        postMessage.call(this, message, transfer);
        return;
      }
      const { port1, port2 } = new MessageChannel();
      ports[type] = port1;
      port1.addEventListener('message', ({ data }) => obey(port1, data as Record<string, unknown>));
      port1.start();
      postMessage.call(this, { ...message, port: port2, shared: undefined }, [port2] as never);
    };
    const noise = Float32Array.from({ length: BLOCK }, () => (Math.random() - 0.5) * 0.6);
    const playBlock = (): void => {
      const [first] = queue;
      const events: unknown[] = [];
      let samples: Float32Array | null = null;
      for (const cutId of cuts.splice(0)) {
        const utterances = queue
          .splice(0)
          .map((each) => ({ utteranceId: each.utteranceId, renderedFrames: each.played }));
        events.push({ kind: 'cut', frame: state.frame, cutId, utterances });
      }
      if (first && queue.length > 0) {
        const { utteranceId } = first;
        if (first.played === 0 && first.left > 0) events.push({ kind: 'started', frame: state.frame, utteranceId });
        const frames = Math.min(BLOCK, first.left);
        if (frames > 0) samples = noise.slice().fill(0, frames);
        first.left -= frames;
        first.played += frames;
        if (first.ended && first.left === 0) {
          queue.shift();
          events.push({ kind: 'drained', frame: state.frame + frames, utteranceId, renderedFrames: first.played });
        }
      }
      const wallMs = state.wallMs + (state.frame / RATE) * 1000;
      const place = { type: 'block', startFrame: state.frame, wallMs };
      ports.player?.postMessage({ ...place, frames: BLOCK, samples, events });
      const speaks = (state.frame / RATE) % 5 < 2.5;
      ports.tap?.postMessage({ ...place, samples: speaks ? noise : new Float32Array(BLOCK) });
      state.frame += BLOCK;
      state.sent += BLOCK;
    };
    window.runFast = async (milliseconds) => {
      for (const end = state.frame + (milliseconds / 1000) * RATE; state.frame < end;) {
        // Half a second ahead of the engine, less than a worklet may be.
        while (state.frame < end && state.sent - state.taken < RATE / 2) playBlock();
        await new Promise<void>((resolve) => (state.wake = resolve));
      }
    };
  }, RATE);
}

declare global {
  interface Window {
    runFast: (milliseconds: number) => Promise<void>;
    counts: { user: number; bot: number; acknowledged: number; levels: number; errors: string[] };
  }
}

/** Everything that the session has kept so far is with the backend. */
export async function untilDelivered(page: Page): Promise<void> {
  await page.evaluate(() => window.talk.session.whenDelivered());
}

/** Runs so many minutes of a conversation and gives the memory after each of `stops`. */
export async function fastConversation(
  page: Page,
  stops: readonly number[],
  { backend, format = 'opus', beforeLook = () => untilDelivered(page) }: FastOptions = {},
): Promise<MemoryAt[]> {
  await standInForWorklets(page);
  const inspector = await Inspector.open(page);
  await page.evaluate(
    async ({ RATE, backend, format }) => {
      const audioContext = new AudioContext({ sampleRate: RATE });
      const recorder = await window.turntape.createRecorder({
        consent: 'granted',
        format,
        vad: { model: 'energy' },
        // Marks are placed by the wall clock, which is left behind here: the user's track is cut by its own length.
        turns: { mode: 'continuous', maxSegmentMs: 2500 },
        bargeIn: false,
        audioContext,
        audioLink: 'port',
        retention: { keepAcknowledgedHours: 0 },
        microphone: audioContext.createMediaStreamDestination().stream,
        target: backend
          ? window.turntape.httpTarget(backend.base, {
              headers: () => ({ authorization: `Bearer ${backend.token}` }),
              // A line that hangs is given up, and tried again, sooner than after half a minute: the conversation is faster, too.
              timeoutMs: 5000,
            })
          : {
              // A backend that has it at once.
              send: async ({ segment_id, sha256, byte_size }) => ({ segment_id, sha256, byte_size }),
              sendSession: async () => undefined,
            },
      });
      const session = await recorder.startSession();
      const counts: Window['counts'] = { user: 0, bot: 0, acknowledged: 0, levels: 0, errors: [] };
      window.counts = counts;
      session.on('segment-kept', ({ segment }) => (counts[segment.speaker] += 1));
      session.on('segment-acknowledged', () => (counts.acknowledged += 1));
      session.on('level', () => (counts.levels += 1));
      session.on('error', ({ error }) => counts.errors.push(error.message));
      recorder.on('error', ({ error }) => counts.errors.push(error.message));
      const said = new Int16Array(24_000 * 2).fill(3000);
      // The bot answers every second one.
      session.on('segment-kept', ({ segment }) => {
        if (segment.speaker !== 'user' || segment.part % 2 === 0) return;
        const utterance = session.bot.begin();
        utterance.write(said, { sampleRate: 24_000 });
        utterance.end();
      });
      Object.assign(window, { talk: { recorder, session } });
    },
    { RATE, backend, format },
  );
  const memory: MemoryAt[] = [];
  let minute = 0;
  for (const stop of stops) {
    // In pieces: a call of the protocol does not last for minutes.
    for (; minute < stop; minute += 1) await page.evaluate(() => window.runFast(60_000));
    // What is still being encoded and kept is no growth.
    await page.waitForFunction((parts) => window.counts.user >= parts, minute * PARTS_A_MINUTE - 2);
    await beforeLook(minute);
    memory.push({ minute, ...(await inspector.memory()) });
  }
  return memory;
}
