import { type ErrorFacts, TurntapeError, toErrorFacts } from '../../core/errors.ts';
import type { DroppedEvent, LowSpaceEvent } from '../../core/events.ts';
import type { StorageSettings } from '../../core/settings.ts';
import type { StorageStats } from '../../core/stats.ts';
import type { RoomAnswer } from '../quirks/room-question.ts';

/** The browser is asked again when so much was written: 8 minutes of two tracks of Opus, 20 s of WAV. */
const LOOK_EVERY_BYTES = 4 * 2 ** 20;

/** Or, when there is little room, a quarter of what was left; but not for each chunk. */
const LOOK_AT_LEAST_BYTES = 64 * 1024;

/** And when so much time has passed, with the next chunk: others fill the disk, too. */
const LOOK_EVERY_MS = 60_000;

/** Room for the last rows of a session, beside what its open files need. */
const RESERVE_BYTES = 2 ** 20;

export interface SpaceWatchOptions {
  /** What the browser says; undefined where it says nothing. */
  estimate: () => Promise<RoomAnswer>;
  /** What it takes to finish the files that are being written. */
  openBytes: () => number;
  onLow: (event: LowSpaceEvent) => void;
  /**
   * `storage_full`: so little is left that the session must end while it can be finished, only under the policy `stop`.
   * `storage_failed`: the browser would not say how much there is.
   */
  onError: (error: ErrorFacts) => void;
  /** Room is needed before a write finds none: under the other policies. */
  makeRoom: () => Promise<unknown>;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/** Watches how much room is left while sessions are recorded. */
export class SpaceWatch {
  readonly #options: SpaceWatchOptions;
  readonly #now: () => number;
  #settings: Pick<StorageSettings, 'whenFull' | 'lowSpaceBytes'> | undefined;
  #startedMs = 0;
  #writtenBytes = 0;
  #unseenBytes = 0;
  #lookAfterBytes = LOOK_EVERY_BYTES;
  #lookedMs = -Infinity;
  #looking: Promise<void> | undefined;
  #toldBytes: number | undefined;
  #isFull = false;
  #isRefused = false;
  #estimate: { usageBytes: number; quotaBytes: number } | undefined;
  #dropped = { segments: 0, bytes: 0 };

  constructor(options: SpaceWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  get whenFull(): StorageSettings['whenFull'] {
    return this.#settings?.whenFull ?? 'stop';
  }

  /** A session begins. Looks at once. */
  begin(settings: Pick<StorageSettings, 'whenFull' | 'lowSpaceBytes'> | undefined): Promise<void> {
    this.#settings = settings;
    this.#startedMs = this.#now();
    this.#writtenBytes = 0;
    this.#toldBytes = undefined;
    this.#isFull = false;
    this.#isRefused = false;
    return this.look();
  }

  /** Audio was written. */
  wrote(bytes: number): void {
    this.#isRefused = false;
    this.#writtenBytes += bytes;
    this.#unseenBytes += bytes;
    if (this.#unseenBytes >= this.#lookAfterBytes || this.#now() - this.#lookedMs >= LOOK_EVERY_MS) void this.look();
  }

  /** A write found no room: whatever the estimate says, this is the truth. Told once, until something is written again. */
  refused(): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    const usageBytes = this.#estimate?.usageBytes ?? 0;
    const bytesPerMinute = this.#bytesPerMinute;
    this.#options.onLow({ usageBytes, quotaBytes: usageBytes, freeBytes: 0, bytesPerMinute, minutesLeft: 0 });
  }

  /** Asks the browser, and tells what follows from its answer. Never rejects. */
  look(): Promise<void> {
    this.#unseenBytes = 0;
    this.#lookedMs = this.#now();
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  dropped({ kind, byteSize }: DroppedEvent): void {
    this.#dropped.bytes += byteSize;
    if (kind === 'segment') this.#dropped.segments += 1;
  }

  get stats(): Omit<StorageStats, 'waitingBytes'> {
    const space = this.#estimate && this.#space(this.#estimate);
    return {
      usageBytes: space?.usageBytes ?? null,
      quotaBytes: space?.quotaBytes ?? null,
      freeBytes: space?.freeBytes ?? null,
      bytesPerMinute: this.#bytesPerMinute,
      minutesLeft: space?.minutesLeft ?? null,
      droppedSegments: this.#dropped.segments,
      droppedBytes: this.#dropped.bytes,
    };
  }

  async #look(): Promise<void> {
    const settings = this.#settings;
    try {
      const { usage, quota } = (await this.#options.estimate()) ?? {};
      if (usage === undefined || quota === undefined || !settings) return;
      this.#estimate = { usageBytes: usage, quotaBytes: quota };
      const space = this.#space(this.#estimate);
      this.#lookAfterBytes = Math.min(LOOK_EVERY_BYTES, Math.max(LOOK_AT_LEAST_BYTES, space.freeBytes / 4));
      this.#tellLow(space, settings.lowSpaceBytes);
      await this.#heed(space.freeBytes, settings);
    } catch (thrown) {
      this.#options.onError(toErrorFacts(thrown, 'storage_failed'));
    }
  }

  #tellLow(space: LowSpaceEvent, lowSpaceBytes: number): void {
    const { freeBytes } = space;
    if (freeBytes >= lowSpaceBytes) {
      this.#toldBytes = undefined;
      return;
    }
    if (this.#toldBytes !== undefined && freeBytes > this.#toldBytes / 2) return;
    this.#toldBytes = freeBytes;
    this.#options.onLow(space);
  }

  async #heed(freeBytes: number, { whenFull }: Pick<StorageSettings, 'whenFull'>): Promise<void> {
    const isFull = freeBytes < RESERVE_BYTES + this.#options.openBytes();
    const wasFull = this.#isFull;
    this.#isFull = isFull;
    if (!isFull) return;
    if (whenFull !== 'stop') {
      await this.#options.makeRoom();
      return;
    }
    if (wasFull) return;
    const message = 'what is left of the room that the browser gives this site is needed to finish what is open';
    this.#options.onError(toErrorFacts(new TurntapeError('storage_full', message), 'storage_full'));
  }

  #space({ usageBytes, quotaBytes }: { usageBytes: number; quotaBytes: number }): LowSpaceEvent {
    const freeBytes = Math.max(0, quotaBytes - usageBytes);
    const bytesPerMinute = this.#bytesPerMinute;
    const minutesLeft = bytesPerMinute > 0 ? freeBytes / bytesPerMinute : null;
    return { usageBytes, quotaBytes, freeBytes, bytesPerMinute, minutesLeft };
  }

  /** Silence between turns counts: on average it lasts so long. */
  get #bytesPerMinute(): number {
    const minutes = (this.#now() - this.#startedMs) / 60_000;
    return minutes > 0 ? this.#writtenBytes / minutes : 0;
  }
}
