import type { Gap, Mark, Speaker } from 'turntape';

/** A turn of a script. Times are session milliseconds of the speech. */
export interface ScriptedTurn {
  speaker: Speaker;
  startMs: number;
  ms: number;
  text?: string;
  /** What of it was heard, when that is known. */
  heardText?: string;
  /** Of a cut bot turn: what it was given to say beyond what was heard. */
  unheardMs?: number;
  /** The unheard rest was kept, too. */
  tail?: boolean;
  latencyMs?: number;
  gaps?: readonly Gap[];
  marks?: readonly Mark[];
  sealed?: boolean;
  /** Its file is not here any more; where the backend has it. */
  goneTo?: string;
  /** Only its words are left. */
  wordsOnly?: boolean;
  /** It was never put out. */
  unheard?: boolean;
}

/** A call to a bicycle workshop: the user cuts in twice. */
export const WORKSHOP: readonly ScriptedTurn[] = [
  { speaker: 'bot', startMs: 400, ms: 3100, text: 'Good morning, this is the Northside workshop. How can I help you?' },
  {
    speaker: 'user',
    startMs: 4300,
    ms: 3400,
    text: 'Hi, I left a bike with you on Monday, and I would like to know if it is ready.',
  },
  {
    speaker: 'bot',
    startMs: 8550,
    ms: 4200,
    latencyMs: 850,
    unheardMs: 3900,
    tail: true,
    text: 'Let me look that up. I see three bicycles that came in on Monday: a blue touring bike, a folding bike, and',
    heardText: 'Let me look that up. I see three bicycles that came in on Monday: a blue',
  },
  { speaker: 'user', startMs: 12_350, ms: 1900, text: 'The blue one. The touring bike.' },
  {
    speaker: 'bot',
    startMs: 15_100,
    ms: 5200,
    latencyMs: 920,
    text: 'The blue touring bike has a new chain and new brake pads. It passed its test ride this morning.',
  },
  { speaker: 'user', startMs: 21_200, ms: 1300, text: 'Great. What do I owe you?' },
  {
    speaker: 'bot',
    startMs: 23_300,
    ms: 3000,
    latencyMs: 780,
    unheardMs: 2600,
    text: 'That comes to eighty-four euros in all, which includes the chain, the pads and',
  },
  { speaker: 'user', startMs: 25_950, ms: 2300, text: 'That’s fine. Can I pick it up at five?' },
  {
    speaker: 'bot',
    startMs: 29_200,
    ms: 3400,
    latencyMs: 900,
    text: 'Yes, we are open until six. I have put your name on it.',
  },
  { speaker: 'user', startMs: 33_400, ms: 1200, text: 'Perfect, thanks. Bye!' },
  { speaker: 'bot', startMs: 35_300, ms: 1500, latencyMs: 640, text: 'Thank you, and ride safely.' },
];

/** An hour of short turns, every sixth of them cut. */
export function anHour(): ScriptedTurn[] {
  const turns: ScriptedTurn[] = [];
  for (let at = 1000, index = 0; at < 3_596_000; index += 1) {
    const speaker: Speaker = index % 2 === 0 ? 'user' : 'bot';
    const ms = 2000 + ((index * 1373) % 7000);
    const cut = speaker === 'bot' && index % 6 === 1;
    turns.push({
      speaker,
      startMs: at,
      ms,
      text: `${speaker === 'user' ? 'Question' : 'Answer'} ${index + 1}: what was said in this turn of a very long conversation.`,
      ...(cut && { unheardMs: 1800 }),
      ...(speaker === 'bot' && { latencyMs: 500 + ((index * 97) % 800) }),
    });
    at += ms + (cut ? -250 : 600 + ((index * 211) % 900));
  }
  return turns;
}
