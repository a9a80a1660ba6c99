import type { EndReason, Recorder, Session, StoredSegment, StoredSession } from 'turntape';
import { type Scripted, rulerFaults } from './ruler-session.ts';
import { rulerText } from './ruler-text.ts';
import { rulerFaultsBetween } from './standstills.ts';

/** A conversation in which both speak without end, in short turns; what is heard of each is a ruler. */

const RATE = 48_000;
/** Of the user's turns, and of what the bot says in one. */
const USER_TURN_MS = 1300;
const BOT_TURN_MS = 1700;
/** Ten seconds, then from the beginning again. */
const LOOP_TICKS = 1000;

/** How far a conversation had come. */
export interface TalkMoment {
  /** Of the capture clock. */
  frame: number;
  /** Those that the page has been told of, by the turn's id, with their first frame. */
  open: { user?: { turnId: string; startFrame: number }; bot?: { turnId: string; startFrame: number } };
  /** For how long the page got no time from its machine, in the second before: so much later everything is kept. */
  restedMs: number;
}

/** What the page keeps for the steps of a test. */
export interface Talk {
  recorder: Recorder;
  session: Session;
  /** Hashes of the segments that were kept, by id. */
  kept: Record<string, string>;
  errors: string[];
  now: () => TalkMoment;
}

declare global {
  interface Window {
    talk: Talk;
  }
}

export interface TalkOptions {
  /** `wav` is the ruler sample for sample; `opus` is small. */
  format: 'wav' | 'opus';
  encrypted?: boolean;
  /** Kept as one file, too. */
  sessionFile?: boolean;
  /** For the backend under `/v1`; none: nothing is sent. */
  token?: string;
}

/** Starts it; settles when both have spoken a turn and are in the next one. */
export async function startTalk(page: Scripted, options: TalkOptions): Promise<void> {
  const text = rulerText({ ticks: LOOP_TICKS, sampleRate: RATE });
  await page.evaluate(
    async ({ text, RATE, USER_TURN_MS, BOT_TURN_MS, options }) => {
      const ruler = new Int16Array(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer);
      const audioContext = new AudioContext({ sampleRate: RATE });
      const buffer = audioContext.createBuffer(1, ruler.length, RATE);
      buffer.copyToChannel(
        Float32Array.from(ruler, (sample) => sample / 32_768),
        0,
      );
      const source = new AudioBufferSourceNode(audioContext, { buffer, loop: true });
      const microphone = audioContext.createMediaStreamDestination();
      source.connect(microphone);
      source.start();
      const { createRecorder, httpTarget } = window.turntape;
      const { token } = options;
      const recorder = await createRecorder({
        consent: 'granted',
        format: options.format,
        ...(options.format === 'wav' && { sampleRate: 'native' }),
        ...(options.encrypted && { encryption: 'device' }),
        ...(options.sessionFile && { record: { session: 'stereo' } }),
        ...(token && { target: httpTarget('/v1', { headers: () => ({ authorization: `Bearer ${token}` }) }) }),
        vad: false,
        bargeIn: false,
        audioContext,
        microphone: microphone.stream,
      });
      const session = await recorder.startSession();
      const open: TalkMoment['open'] = {};
      const rests: { endedMs: number; lengthMs: number }[] = [];
      let tickedMs = performance.now();
      const rest = (): void => {
        const nowMs = performance.now();
        // A page that is well is a few milliseconds late.
        if (nowMs - tickedMs > 60) rests.push({ endedMs: nowMs, lengthMs: nowMs - tickedMs });
        tickedMs = nowMs;
      };
      setInterval(rest, 10);
      const restedMs = (): number => {
        rest();
        const late = rests.filter(({ endedMs }) => endedMs > performance.now() - 1000);
        return late.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
      };
      const talk: Talk = {
        recorder,
        session,
        kept: {},
        errors: [],
        now: () => ({ frame: Math.round(audioContext.currentTime * RATE), open: { ...open }, restedMs: restedMs() }),
      };
      window.talk = talk;
      session.on('segment-kept', ({ segment }) => (talk.kept[segment.segmentId] = segment.sha256));
      session.on('error', ({ error }) => talk.errors.push(`${error.code}: ${error.message}`));
      session.on('turn-start', ({ turn }) => (open[turn.speaker] = turn));
      session.on('turn-end', ({ turn }) => delete open[turn.speaker]);
      const said = Int16Array.from(ruler.slice(0, (BOT_TURN_MS / 1000) * RATE));
      // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
      const speak = async (): Promise<void> => {
        while (session.state !== 'ended') {
          const utterance = session.bot.begin();
          utterance.write(said, { sampleRate: RATE });
          utterance.end();
          await utterance.done;
        }
      };
      void speak();
      session.user.startTurn();
      let began = 0;
      const { promise, resolve } = Promise.withResolvers<void>();
      session.on('level', ({ speaker, atMs }) => {
        if (speaker !== 'user' || session.state !== 'recording') return;
        if (Object.keys(talk.kept).length >= 2 && open.user && open.bot) resolve();
        if (atMs < began + USER_TURN_MS) return;
        began = atMs;
        session.user.endTurn();
        session.user.startTurn();
      });
      await promise;
    },
    { text, RATE, USER_TURN_MS, BOT_TURN_MS, options },
  );
}

/** Ends of a turn of which all is there. */
const COMPLETE: ReadonlySet<EndReason> = new Set(['drained', 'manual', 'session_stop']);

/** Settles when the session is so much longer than now, by what the engine has heard. */
export async function talkedFor(page: Scripted, milliseconds: number): Promise<void> {
  await page.evaluate(async (milliseconds) => {
    const { session } = window.talk;
    const from = (await session.stats()).lengthMs;
    await new Promise<void>((resolve) => session.on('level', ({ atMs }) => atMs > from + milliseconds && resolve()));
  }, milliseconds);
}

/** A segment as it lies on the device, with its samples when it is WAV. */
export type KeptTurn = StoredSegment & { audio: Int16Array; hash: string };

/** Reads a session of the page's recorder, files and all. */
export async function readTalk(page: Scripted): Promise<{ session: StoredSession['session']; turns: KeptTurn[] }> {
  const { session, segments } = await page.evaluate(async () => {
    const { recorder } = window.talk;
    const [stored] = await recorder.sessions();
    if (!stored) throw new Error('There is no session.');
    const segments = [];
    for (const segment of stored.segments) {
      const bytes = (await recorder.readAudio(segment.segmentId)) ?? new ArrayBuffer(0);
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
      // As text: an array of numbers takes a minute to cross over.
      const url = await new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.addEventListener('load', () => resolve(reader.result as string));
        reader.readAsDataURL(new Blob([bytes]));
      });
      segments.push({ ...segment, hash, text: url.slice(url.indexOf(',') + 1) });
    }
    return { session: stored.session, segments };
  });
  const turns = segments.map(({ text, ...segment }) => {
    const bytes = Buffer.from(text, 'base64');
    const samples = segment.format === 'wav' ? bytes.subarray(44) : Buffer.alloc(0);
    return { ...segment, audio: new Int16Array(samples.buffer, samples.byteOffset, samples.length / 2) };
  });
  return { session, turns };
}

/** Opens a recorder on a page, as the next start does, with what it finds. */
export async function startAgain(page: Scripted, token?: string): Promise<void> {
  await page.evaluate(async (token) => {
    const { createRecorder, httpTarget } = window.turntape;
    const recorder = await createRecorder({
      vad: false,
      ...(token && { target: httpTarget('/v1', { headers: () => ({ authorization: `Bearer ${token}` }) }) }),
    });
    window.talk = { recorder } as Talk;
  }, token);
}

/**
 * How much of a turn that was open at a moment is missing, in milliseconds, less what the machine had no time for. A turn that
 * came to its end all the same misses nothing.
 */
export function missingMs(turns: readonly KeptTurn[], moment: TalkMoment, speaker: 'user' | 'bot'): number | undefined {
  const open = moment.open[speaker];
  if (!open) return undefined;
  const parts = turns.filter(({ turnId }) => turnId === open.turnId);
  if (parts.some(({ endReason }) => COMPLETE.has(endReason))) return 0;
  // A turn whose file is not there misses all of it.
  const end = Math.max(open.startFrame, ...parts.map(({ endFrame }) => endFrame));
  const last = speaker === 'bot' ? open.startFrame + (BOT_TURN_MS / 1000) * RATE : Infinity;
  return Math.max(0, ((Math.min(moment.frame, last) - end) / RATE) * 1000 - moment.restedMs);
}

/** More zeros in a row than a ruler has: less than a quantum. */
const DRY_SAMPLES = 96;

/**
 * What the player put out less the silence that it put between and behind: on a machine that stops for a moment it runs dry,
 * and what is recorded is what was heard. A stretch that is lost shows all the same: its numbers are missing.
 */
function withoutDrySpells(audio: Int16Array): Int16Array {
  const kept: number[] = [];
  let zeros = 0;
  for (const sample of audio) {
    kept.push(sample);
    zeros = sample === 0 ? zeros + 1 : 0;
    if (zeros === DRY_SAMPLES) kept.length -= zeros;
    else if (zeros > DRY_SAMPLES) kept.length -= 1;
  }
  return Int16Array.from(kept);
}

/** What is wrong with the sound of a turn, tick by tick: nothing, when not a sample is missing in it, or there twice. */
export function faultsOf({ audio, durationMs, startFrame, endFrame, speaker, endReason, gaps }: KeptTurn): string[] {
  const faults: string[] = [];
  const exactMs = (audio.length / RATE) * 1000;
  if (Math.abs(exactMs - durationMs) > 0.001) faults.push(`${durationMs} ms are said of ${exactMs}`);
  if (Math.abs(endFrame - startFrame - audio.length) > 1)
    faults.push(
      `${speaker} ${endReason} of frames ${startFrame} to ${endFrame} has ${audio.length}, ${JSON.stringify(gaps)}`,
    );
  if (speaker === 'user') {
    if (audio.length > 2400)
      for (const fault of rulerFaultsBetween(audio, gaps, RATE).faults)
        faults.push(`user ${endReason}: ${JSON.stringify({ fault, gaps })}`);
    return faults;
  }
  // The bot fades in, and out when the session hangs up on it: its first and then its last ticks are not whole.
  const heard = withoutDrySpells(audio.subarray(480, audio.length - (endReason === 'session_stop' ? 1920 : 0)));
  if (heard.length > 2400)
    for (const fault of rulerFaults(heard).faults)
      // The tick that a standstill parts is not whole.
      if (!gaps.some(({ cause }) => cause === 'context_suspended') || fault.found !== 'mixed')
        faults.push(`bot ${endReason}: ${JSON.stringify({ fault, gaps })}`);
  return faults;
}
