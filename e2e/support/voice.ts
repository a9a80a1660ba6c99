import { readFile } from 'node:fs/promises';
import { makeSpeech } from '../fixtures/make-speech.mjs';

/** What `pages/voice.js` is given: a WAV file as base64, and where in it is spoken. */
export interface Word {
  wav: string;
  turn: { onsetMs: number; offsetMs: number };
}

/** A microphone of the page's own. */
export interface Voice {
  stream: MediaStream;
  /** Says the word so much later, in milliseconds of the audio clock: a page that stands still meanwhile is in nobody's way. */
  say: (inMs: number) => void;
  close: () => Promise<void>;
}

/** What `await import('./voice.js')` gives in a test page. */
export interface VoiceModule {
  openVoice: (wav: string, turn: Word['turn']) => Promise<Voice>;
}

/** The one turn of the speech fixtures. */
export async function readWord(): Promise<Word> {
  const microphone = (await makeSpeech()).microphones['one-turn-48000'];
  const [turn] = microphone?.turns ?? [];
  if (!microphone || !turn) throw new Error('There is no turn to be said.');
  return { wav: (await readFile(microphone.file)).toString('base64'), turn };
}
