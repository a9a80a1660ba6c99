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

/** Whether a browser may be asked. `carefully`: when no device moves, and as seldom as can be. */
export type Asking = 'freely' | 'carefully' | 'never';

/** The name stands in no engine but Firefox's (ESR 153). Its Linuxes and BSDs say X11, under Wayland too; Android does not. */
export function howToAsk(userAgent?: string): Asking {
  if (!('mozInnerScreenX' in globalThis)) return 'freely';
  return (userAgent ?? navigator.userAgent).includes('X11') ? 'never' : 'carefully';
}

/**
 * The output latency of a context, in milliseconds; null where the browser does not say, or must not be asked.
 *
 * Firefox (ESR 153, seen with a debugger, eight times) stands still for ever, with all of its pages, when `outputLatency` is
 * read at the wrong moment: it asks the audio server's thread while it holds the lock of the graph
 * (`MediaTrackGraphImpl::AudioOutputLatency`, dom/media/MediaTrackGraph.cpp). With PulseAudio (and PipeWire, which stands in for
 * it) that thread waits for the lock of PulseAudio's main loop, which is held while our audio thread renders, and our audio thread
 * waits for the lock of the graph. Any read during a burst does it: there it is never read. Elsewhere the audio server's
 * thread may be opening a device, which waits for our audio thread in the same way; a value that is not 0 Firefox keeps. So
 * there it is read only when no device has moved for a while, and then no more.
 */
export class OutputLatency {
  readonly #asked = new WeakMap<AudioContext, Asked>();
  readonly #asking: Asking;

  constructor(asking: Asking = howToAsk()) {
    this.#asking = asking;
  }

  /** A device is opened, closed or changed under this context now. `nowMs` monotonic. */
  deviceMoves(context: AudioContext, nowMs = performance.now()): void {
    const { knownMs = null } = this.#asked.get(context) ?? {};
    this.#asked.set(context, { sinceMs: nowMs, askedMs: -Infinity, knownMs });
  }

  read(context: AudioContext, nowMs = performance.now()): number | null {
    if (this.#asking === 'never') return null;
    if (this.#asking === 'freely') return read(context);
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
