import type { Turn } from 'turntape';
import type { ScriptedSession } from './scripted-session.ts';

/** A voice as levels: syllables over a breath, the same at every run. In dBFS. */
export function voiceDb(seed: number): (atMs: number) => number {
  return (atMs) => {
    // Four syllables in a second, some stressed, each falling away; a breath every second and a half.
    const beat = atMs / 240 + seed * 17;
    const stress = 0.45 + 0.55 * chance(Math.floor(beat));
    const fall = 1 - 0.75 * (beat % 1) ** 1.5;
    const breath = atMs % 1700 < 260 ? 0.3 : 1;
    return -50 + 39 * stress * fall * breath + 3 * chance(atMs + seed);
  };
}

/** The same number for the same number, 0 … 1. */
function chance(seed: number): number {
  const value = Math.sin(seed * 12.9898) * 43758.5453;
  return value - Math.floor(value);
}

/** A quiet room. */
const roomDb = (atMs: number): number => -58 + Math.sin(atMs / 170) * 2;

/** One turn of the script. */
interface Line {
  speaker: Turn['speaker'];
  fromMs: number;
  /** Where it ends, or is cut. */
  toMs: number;
  text: string;
  /** Of a bot turn that is cut: how long it would have been. */
  generatedMs?: number;
}

/** Two people who know each other a little; the second reply is cut. */
const SCRIPT: readonly Line[] = [
  { speaker: 'bot', fromMs: 600, toMs: 3400, text: 'Good morning. What can I do for you today?' },
  { speaker: 'user', fromMs: 4000, toMs: 7200, text: 'I would like to move my appointment to Thursday.' },
  {
    speaker: 'bot',
    fromMs: 7900,
    toMs: 11_300,
    text: 'Of course. On Thursday I have ten past nine, or in the',
    generatedMs: 8600,
  },
  { speaker: 'user', fromMs: 11_000, toMs: 13_100, text: 'Ten past nine is perfect.' },
  { speaker: 'bot', fromMs: 13_900, toMs: 16_800, text: 'Done. I will see you on Thursday at ten past nine.' },
];

/** How a conversation is played. */
export interface ConversationOptions {
  /** How many of its five turns. Default all. */
  turns?: number;
  /** The last of them is still open. Default false. */
  open?: boolean;
  /** Files are kept, and acknowledged. Default both. */
  keep?: boolean;
  deliver?: boolean;
  /** Words are attached. Default true. */
  words?: boolean;
}

/** Plays a conversation at once. Returns its turns and where it stands, in milliseconds of the session. */
export function converse(
  session: ScriptedSession,
  { turns = SCRIPT.length, open = false, keep = true, deliver = true, words = true }: ConversationOptions = {},
): { turns: Turn[]; nowMs: number } {
  const lines = SCRIPT.slice(0, turns);
  const last = lines.at(-1);
  const nowMs = (last?.toMs ?? 2000) + (open ? 0 : 700);
  for (const speaker of ['user', 'bot'] as const) {
    const loud = (atMs: number): number => {
      const line = lines.findIndex((one) => one.speaker === speaker && atMs > one.fromMs && atMs <= one.toMs);
      return line < 0 ? (speaker === 'user' ? roomDb(atMs) : Number.NEGATIVE_INFINITY) : voiceDb(line)(atMs);
    };
    session.speak(speaker, 0, nowMs, loud);
  }
  const said = lines.map((line, index) => {
    const turn = session.startTurn(`turn-${index + 1}`, line.speaker, line.fromMs);
    if (open && line === last) return turn;
    const heardMs = line.toMs - line.fromMs;
    if (line.generatedMs !== undefined) session.cut(turn, heardMs, line.generatedMs);
    else session.endTurn(turn, line.toMs);
    if (words) session.say(turn, line.text);
    const bot = { heardMs, generatedMs: line.generatedMs ?? heardMs, responseLatencyMs: index === 0 ? null : 700 };
    if (keep) session.keep(turn, `segment-${index + 1}`, line.speaker === 'bot' ? bot : {});
    if (keep && deliver)
      session.emit('segment-acknowledged', { segmentId: `segment-${index + 1}`, audioUrl: undefined });
    return turn;
  });
  return { turns: said, nowMs };
}
