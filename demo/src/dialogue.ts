import type { HeardText } from './heard-words.ts';

/**
 * What the bot says. It understands no words: it answers about what was measured, and it remembers. Pure: facts in,
 * sentences out, the same for the same memory.
 */

/** What became of the bot's last speech. */
export interface SpeechFact extends HeardText {
  /** What cut it: undefined when it was heard to its end. */
  cut: 'voice' | 'button' | undefined;
  /** From the end of the user's turn to the first sound, in milliseconds. Null for the greeting. */
  latencyMs: number | null;
}

/** Everything the bot knows of the conversation. */
export interface Memory {
  /** The lengths of the user's turns, in milliseconds, in order. */
  readonly turnsMs: readonly number[];
  readonly lastSpeech: SpeechFact | undefined;
  readonly cuts: number;
}

/** Before anything was said. */
export const FRESH: Memory = { turnsMs: [], lastSpeech: undefined, cuts: 0 };

/** The memory after a turn of the user. */
export function afterUserTurn(memory: Memory, durationMs: number): Memory {
  return { ...memory, turnsMs: [...memory.turnsMs, durationMs] };
}

/** The memory after the bot has spoken. */
export function afterSpeech(memory: Memory, fact: SpeechFact): Memory {
  return { ...memory, lastSpeech: fact, cuts: memory.cuts + (fact.cut ? 1 : 0) };
}

/** What is known of the conversation before this one. */
export interface EarlierTalk {
  /** How many turns the user took in it. */
  readonly turns: number;
  /** How often the bot was cut off. */
  readonly cuts: number;
}

/** What the bot opens with; to somebody who was here before, what it remembers. */
export function greeting(earlier?: EarlierTalk): readonly string[] {
  if (earlier && earlier.turns > 0) {
    const cutOff = earlier.cuts === 0 ? 'and let me finish every time' : `and cut me off ${times(earlier.cuts)}`;
    const turns = earlier.turns === 1 ? 'one turn' : `${earlier.turns} turns`;
    return [
      'Welcome back.',
      `Last time you took ${turns}, ${cutOff}. It is all still here.`,
      'Interrupt me whenever you like.',
      'So, where were we?',
    ];
  }
  return [
    'Hello. I am a small voice that lives in this tab.',
    'I do not understand words, but I measure them, and I never forget a turn.',
    'You can interrupt me whenever you like.',
    'So tell me, what did you do today?',
  ];
}

/** What the bot answers to the user's last turn, sentence by sentence. */
export function reply(memory: Memory): readonly string[] {
  const { turnsMs, lastSpeech } = memory;
  const answered = turnsMs.length;
  return [
    ...aboutTheCut(lastSpeech, memory.cuts),
    aboutTheTurn(turnsMs),
    ...aboutTheDelay(lastSpeech, answered),
    ...aboutEverything(turnsMs, memory.cuts),
    QUESTIONS[(answered - 1) % QUESTIONS.length] ?? '',
  ].filter((sentence) => sentence !== '');
}

const QUESTIONS = [
  'Which place would you like to see again?',
  'Now try to stop me in the middle of a long sentence, for instance in the middle of this one, which goes on and on.',
  'Can you say something very short?',
  'And now something long. Describe the room you are in.',
  'What would you ask a machine that never forgets?',
  'Count to ten, as fast as you can.',
  'Who would you like to call right now?',
  'What will you do after this?',
] as const;

function aboutTheCut(speech: SpeechFact | undefined, cuts: number): string[] {
  if (!speech?.cut) return [];
  const { heardWords, allWords } = speech;
  const who = speech.cut === 'voice' ? 'You cut me off' : 'The button cut me off';
  const again = cuts > 1 ? ` for the ${ordinal(cuts)} time` : '';
  if (heardWords === 0) return [`${who}${again} before you heard a single word.`];
  return [`${who}${again}. You heard ${heardWords} of my ${allWords} words, up to “${lastWords(speech.heard)}”.`];
}

function aboutTheTurn(turnsMs: readonly number[]): string {
  const last = turnsMs.at(-1) ?? 0;
  const before = turnsMs.at(-2);
  const length = seconds(last);
  if (before === undefined) return `You spoke for ${length}.`;
  if (last > Math.max(...turnsMs.slice(0, -1)) * 1.2) return `That was ${length}, your longest turn so far.`;
  const difference = Math.abs(last - before);
  if (difference < 300) return `${capital(length)}, almost the same as before.`;
  return `That was ${length}, ${seconds(difference)} ${last > before ? 'longer' : 'shorter'} than before.`;
}

/** Not every time: a bot that always says the same is soon not heard. */
function aboutTheDelay(speech: SpeechFact | undefined, answered: number): string[] {
  if (speech?.latencyMs === null || speech === undefined || answered % 2 !== 0) return [];
  return [`My last answer began ${seconds(speech.latencyMs)} after you stopped.`];
}

function aboutEverything(turnsMs: readonly number[], cuts: number): string[] {
  if (turnsMs.length % 3 !== 0 || turnsMs.length === 0) return [];
  const total = turnsMs.reduce((sum, each) => sum + each, 0);
  const cutOff = cuts === 0 ? 'and you let me finish every time' : `and cut me off ${times(cuts)}`;
  return [`So far you took ${turnsMs.length} turns, ${seconds(total)} in all, ${cutOff}.`];
}

/** As it is spoken: `2.4 seconds`, `1 second`. */
function seconds(ms: number): string {
  const rounded = Math.round(ms / 100) / 10;
  return rounded === 1 ? '1 second' : `${rounded} seconds`;
}

function times(count: number): string {
  if (count === 1) return 'once';
  return count === 2 ? 'twice' : `${count} times`;
}

function ordinal(count: number): string {
  return ['first', 'second', 'third', 'fourth', 'fifth'][count - 1] ?? `${count}th`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The last three words, without what would end a sentence in the middle of ours. */
function lastWords(text: string): string {
  return text
    .trim()
    .split(/\s+/)
    .slice(-3)
    .join(' ')
    .replace(/[.?!,“”]/g, '');
}
