import { createRecorder, httpTarget } from 'turntape';
import type { Recorder, RecorderOptions } from 'turntape';

/** The headers of every request to the target: an object, or a function that is asked each time. */
export type TargetHeaders = NonNullable<NonNullable<Parameters<typeof httpTarget>[1]>['headers']>;

/** What the attributes and properties of the element say about a recorder. */
export interface RecorderSettings {
  /** Base address of the backend. Undefined: everything stays on this device. */
  target: string | undefined;
  headers: TargetHeaders | undefined;
  format: 'opus' | 'wav' | 'mp3';
  consent: 'required' | 'granted';
  /** The user's turns are held by hand: no detector is loaded. */
  pushToTalk: boolean;
  /** Whatever else `createRecorder` takes. It wins over the attributes. */
  options: RecorderOptions | undefined;
}

/** The options for `createRecorder` that a tag with these attributes means. */
function recorderOptions(settings: RecorderSettings): RecorderOptions {
  const { target, headers, format, consent, pushToTalk, options } = settings;
  const fromTarget =
    target === undefined ? {} : { target: httpTarget(target, headers === undefined ? {} : { headers }) };
  return { ...fromTarget, format, consent, ...(pushToTalk && { vad: false }), ...options };
}

/**
 * Where the element's recorder comes from: the one that the page gave, or one of our own, made from the attributes and
 * opened before it is needed, since the detector takes a second to load. What the page gave, we never close.
 */
export class RecorderSource {
  readonly #onOpened: (recorder: Recorder) => void;
  #given: Recorder | undefined;
  #opening: Promise<Recorder> | undefined;
  #own: Recorder | undefined;
  /** Counts what was opened, so that one that was closed while it opened is known for what it is. */
  #count = 0;

  /** `onOpened` is told of each recorder once: when it is given, or when our own is open. */
  constructor(onOpened: (recorder: Recorder) => void) {
    this.#onOpened = onOpened;
  }

  /** The page's recorder, or our own once it is open. */
  get current(): Recorder | undefined {
    return this.#given ?? this.#own;
  }

  /** Takes the page's recorder. Our own, if there was one, is closed. */
  async give(recorder: Recorder | undefined): Promise<void> {
    this.#given = recorder;
    if (!recorder) return;
    this.#onOpened(recorder);
    await this.closeOwn();
  }

  /** The page's recorder, or our own, opened now if it is not yet. Rejects with what `createRecorder` rejects with. */
  open(settings: RecorderSettings): Promise<Recorder> {
    if (this.#given) return Promise.resolve(this.#given);
    this.#opening ??= this.#open(settings);
    return this.#opening;
  }

  /** Closes our own recorder, if there is one. The next `open` makes another, from the settings of that moment. */
  async closeOwn(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#own = undefined;
    this.#count += 1;
    if (!opening) return;
    // One that never opened has already told why, to whoever asked for it.
    const recorder = await opening.catch(() => undefined);
    await recorder?.dispose();
  }

  async #open(settings: RecorderSettings): Promise<Recorder> {
    const count = this.#count;
    try {
      const recorder = await createRecorder(recorderOptions(settings));
      if (count === this.#count) {
        this.#own = recorder;
        this.#onOpened(recorder);
      }
      return recorder;
    } catch (thrown) {
      // The next try opens a new one.
      if (count === this.#count) this.#opening = undefined;
      throw thrown;
    }
  }
}
