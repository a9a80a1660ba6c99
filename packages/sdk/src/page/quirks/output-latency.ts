/** The longest that Firefox was seen to take to open a device (2 s), doubled. */
const SETTLES_MS = 4000;

/** How often a browser that must be asked with care is asked at most. */
const ASKED_EVERY_MS = 2000;

interface Asked {
  /** Since when no device has been opened, monotonic. */
  sinceMs: number;
  askedMs: number;
  knownMs: number | null;
}

/** The name stands in no other engine (Firefox ESR 153). */
const isGecko = (): boolean => 'mozInnerScreenX' in globalThis;

/**
 * The output latency of a context, in milliseconds; null where the browser does not say, or must not be asked now.
 *
 * Firefox (ESR 153, seen with a debugger; six of ten runs of a test) stands still for ever, with all of its pages, when `outputLatency` is
 * read while a device is opened or closed: it asks the audio process while it holds the lock of the graph
 * (`MediaTrackGraphImpl::AudioOutputLatency`, dom/media/MediaTrackGraph.cpp); that process answers when the device is
 * opened, which waits for our audio thread, which waits for the lock. A value that is not 0 it keeps. So there it is read only
 * when no device has moved for a while, and then no more.
 */
export class OutputLatency {
  readonly #asked = new WeakMap<AudioContext, Asked>();
  readonly #careful: boolean;

  constructor(careful = isGecko()) {
    this.#careful = careful;
  }

  /** A device is opened, closed or changed under this context now. `nowMs` monotonic. */
  deviceMoves(context: AudioContext, nowMs = performance.now()): void {
    const { knownMs = null } = this.#asked.get(context) ?? {};
    this.#asked.set(context, { sinceMs: nowMs, askedMs: -Infinity, knownMs });
  }

  read(context: AudioContext, nowMs = performance.now()): number | null {
    if (!this.#careful) return read(context);
    const asked = this.#asked.get(context);
    if (!asked) {
      this.deviceMoves(context, nowMs);
      return null;
    }
    const isDue = nowMs >= asked.sinceMs + SETTLES_MS && nowMs >= asked.askedMs + ASKED_EVERY_MS;
    const hasIt = asked.askedMs > asked.sinceMs && asked.knownMs !== null;
    if (!isDue || hasIt || context.state !== 'running') return asked.knownMs;
    asked.askedMs = nowMs;
    // 0: it does not know yet.
    asked.knownMs = read(context) || asked.knownMs;
    return asked.knownMs;
  }
}

function read(context: AudioContext): number | null {
  // Absent in some WebKits.
  const seconds = context.outputLatency as number | undefined;
  return seconds === undefined ? null : seconds * 1000;
}

/** Of every context of this page. */
export const outputLatency = new OutputLatency();
