import load from '@echogarden/espeak-ng-emscripten';
import type { Synthesizer } from '@echogarden/espeak-ng-emscripten';
import dataAddress from '@echogarden/espeak-ng-emscripten/espeak-ng.data?url';
import type { SpeechAnswer, SpeechRequest, SpokenSentence, WordMark } from './messages.ts';

/** eSpeak NG in a thread of its own: a sentence takes a few dozen milliseconds, and the page has other work. */

/** Slower than its default of 175, for listeners who have never heard it. */
const WORDS_PER_MINUTE = 160;

const answer = (message: SpeechAnswer, transfer: Transferable[] = []): void => {
  globalThis.postMessage(message, { transfer });
};

const describe = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

async function open(): Promise<Synthesizer> {
  const response = await fetch(dataAddress);
  if (!response.ok) throw new Error(`The voice's data answered ${response.status}.`);
  const data = await response.arrayBuffer();
  const { eSpeakNGWorker } = await load({ getPreloadedPackage: () => data });
  const synthesizer = new eSpeakNGWorker();
  synthesizer.set_voice('en-us', 'en-us');
  synthesizer.set_rate(WORDS_PER_MINUTE);
  return synthesizer;
}

function speak(synthesizer: Synthesizer, text: string): SpokenSentence {
  const pieces: Int16Array[] = [];
  const words: WordMark[] = [];
  synthesizer.synthesize(text, (samples, events) => {
    if (samples) pieces.push(samples);
    for (const event of events) {
      if (event.type === 'word') words.push({ atMs: event.audio_position, position: event.text_position - 1 });
    }
    return false;
  });
  const pcm = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    pcm.set(piece, at);
    at += piece.length;
  }
  const sampleRate = synthesizer.get_samplerate();
  return { text, pcm, sampleRate, durationMs: (pcm.length / sampleRate) * 1000, words };
}

async function say(id: number, text: string): Promise<void> {
  const sentence = speak(await opened, text);
  answer({ type: 'spoken', id, sentence }, [sentence.pcm.buffer]);
}

const opened = open();
opened.then(
  () => answer({ type: 'ready' }),
  (thrown: unknown) => answer({ type: 'failed', id: undefined, message: describe(thrown) }),
);

globalThis.addEventListener('message', ({ data: { id, text } }: MessageEvent<SpeechRequest>) => {
  say(id, text).catch((thrown: unknown) => answer({ type: 'failed', id, message: describe(thrown) }));
});
