import type { SpeechAnswer, SpeechRequest, SpokenSentence } from './messages.ts';

/** The bot's voice: text in, audio out, in a thread of its own. */
export class Voice {
  readonly #worker = new Worker(new URL('./speech.worker.ts', import.meta.url), { type: 'module', name: 'speech' });
  readonly #waiting = new Map<number, PromiseWithResolvers<SpokenSentence>>();
  readonly #ready = Promise.withResolvers<void>();
  #lastId = 0;

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<SpeechAnswer>) => this.#take(data));
    this.#worker.addEventListener('error', (event) => this.#fail(event.message || 'The voice could not be loaded.'));
  }

  /** Settles when the voice can speak: its data is 24 MB, from this site. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** One sentence as audio. */
  synthesize(text: string): Promise<SpokenSentence> {
    const id = (this.#lastId += 1);
    const spoken = Promise.withResolvers<SpokenSentence>();
    this.#waiting.set(id, spoken);
    this.#worker.postMessage({ id, text } satisfies SpeechRequest);
    return spoken.promise;
  }

  #take(answer: SpeechAnswer): void {
    switch (answer.type) {
      case 'ready':
        this.#ready.resolve();
        break;
      case 'spoken':
        this.#waiting.get(answer.id)?.resolve(answer.sentence);
        this.#waiting.delete(answer.id);
        break;
      case 'failed':
        if (answer.id === undefined) this.#fail(answer.message);
        else this.#waiting.get(answer.id)?.reject(new Error(answer.message));
        break;
    }
  }

  #fail(message: string): void {
    const error = new Error(message);
    this.#ready.reject(error);
    for (const spoken of this.#waiting.values()) spoken.reject(error);
    this.#waiting.clear();
  }
}
