import { createRecorder, httpTarget } from 'turntape';
import type { Recorder, RecorderOptions } from 'turntape';

/** The headers of every request to the target: an object, or a function that is asked each time. */
export type TargetHeaders = NonNullable<NonNullable<Parameters<typeof httpTarget>[1]>['headers']>;

/** What the attributes and properties of the element say about a recorder. */
export interface RecorderSettings {
  /** Base address of the backend. Undefined: everything stays on this device. */
  target: string | undefined;
  headers: TargetHeaders | undefined;
  format: 'opus' | 'wav';
  consent: 'required' | 'granted';
  /** Whatever else `createRecorder` takes. It wins over the attributes. */
  options: RecorderOptions | undefined;
}

/** The options for `createRecorder` that a tag with these attributes means. */
export function recorderOptions(settings: RecorderSettings): RecorderOptions {
  const { target, headers, format, consent, options } = settings;
  const fromTarget =
    target === undefined ? {} : { target: httpTarget(target, headers === undefined ? {} : { headers }) };
  return { ...fromTarget, format, consent, ...options };
}

/**
 * Where the element's recorder comes from: the one that the page gave, or one of our own, made from the attributes and
 * opened before it is needed, since the detector takes a second to load. What the page gave, we never close.
 */
export class RecorderSource {
  #given: Recorder | undefined;
  #own: Promise<Recorder> | undefined;

  /** The recorder that the page gave, or undefined. */
  get given(): Recorder | undefined {
    return this.#given;
  }

  /** Takes the page's recorder. Our own, if there was one, is closed. */
  async give(recorder: Recorder | undefined): Promise<void> {
    this.#given = recorder;
    if (recorder) await this.closeOwn();
  }

  /** The page's recorder, or our own, opened now if it is not yet. Rejects with what `createRecorder` rejects with. */
  open(settings: RecorderSettings): Promise<Recorder> {
    if (this.#given) return Promise.resolve(this.#given);
    this.#own ??= createRecorder(recorderOptions(settings)).catch((thrown: unknown) => {
      // The next try opens a new one.
      this.#own = undefined;
      throw thrown;
    });
    return this.#own;
  }

  /** Closes our own recorder, if there is one. The next `open` makes another, from the settings of that moment. */
  async closeOwn(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    if (!own) return;
    // One that never opened has already told why, to whoever asked for it.
    const recorder = await own.catch(() => undefined);
    await recorder?.dispose();
  }
}
