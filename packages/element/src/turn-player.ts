/** What is being played. */
export interface Playing {
  readonly turnId: string;
  /** `loading` until the file is decoded. */
  readonly status: 'loading' | 'playing';
}

/** Why a turn could not be played. */
export type PlayFailure = { reason: 'gone' } | { reason: 'unplayable'; cause: unknown };

/** What the player needs of its house. */
export interface TurnPlayerPorts {
  /** The file of a segment, or undefined when it is no longer on this device. */
  readAudio(segmentId: string): Promise<ArrayBuffer | undefined>;
  changed(): void;
  failed(failure: PlayFailure): void;
}

/**
 * Plays one kept turn at a time. It decodes the file itself: a page whose policy forbids `media-src blob:` could not
 * give it to an audio element.
 */
export class TurnPlayer {
  readonly #ports: TurnPlayerPorts;
  #context: AudioContext | undefined;
  #source: AudioBufferSourceNode | undefined;
  #playing: Playing | undefined;
  /** Counts the orders, so that a file that arrives after the next order is dropped. */
  #order = 0;

  constructor(ports: TurnPlayerPorts) {
    this.#ports = ports;
  }

  /** What is being played, if anything. */
  get playing(): Playing | undefined {
    return this.#playing;
  }

  /** Plays the files of a turn one after the other; when this turn is already playing, stops. Never rejects. */
  async toggle(turnId: string, segmentIds: readonly string[]): Promise<void> {
    const again = this.#playing?.turnId === turnId;
    this.stop();
    if (again) return;
    const order = this.#order;
    this.#set({ turnId, status: 'loading' });
    try {
      // Opened by the click that asked for it: browsers refuse sound before a gesture.
      this.#context ??= new AudioContext();
      await this.#context.resume();
      for (const segmentId of segmentIds) {
        const file = await this.#ports.readAudio(segmentId);
        if (order !== this.#order) return;
        if (!file) {
          this.#ports.failed({ reason: 'gone' });
          break;
        }
        // A copy: decoding takes the buffer away from whoever else holds it.
        const audio = await this.#context.decodeAudioData(file.slice(0));
        if (order !== this.#order) return;
        await this.#play(turnId, audio);
        if (order !== this.#order) return;
      }
      this.stop();
    } catch (cause) {
      if (order !== this.#order) return;
      this.stop();
      this.#ports.failed({ reason: 'unplayable', cause });
    }
  }

  /** Falls silent at once. */
  stop(): void {
    this.#order += 1;
    this.#source?.stop();
    this.#source?.disconnect();
    this.#source = undefined;
    this.#set(undefined);
  }

  /** Falls silent and gives the sound device back. */
  async dispose(): Promise<void> {
    this.stop();
    const context = this.#context;
    this.#context = undefined;
    if (context && context.state !== 'closed') await context.close();
  }

  async #play(turnId: string, audio: AudioBuffer): Promise<void> {
    if (!this.#context) return;
    const source = new AudioBufferSourceNode(this.#context, { buffer: audio });
    this.#source = source;
    source.connect(this.#context.destination);
    const ended = new Promise<void>((resolve) => {
      source.addEventListener('ended', () => resolve(), { once: true });
    });
    source.start();
    this.#set({ turnId, status: 'playing' });
    await ended;
  }

  #set(playing: Playing | undefined): void {
    if (this.#playing === playing) return;
    this.#playing = playing;
    this.#ports.changed();
  }
}
