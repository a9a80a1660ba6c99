/** The clock stops right when the device is opened; a look or two later we know. */
const STOPS_WITHIN_MS = 1000;

/** The longest that a device was seen to take (2 s), doubled. */
const STARTS_WITHIN_MS = 4000;

/**
 * A context's clock stands still, and its state says 'running', while the browser opens another device under it. Firefox
 * ESR 153 with PulseAudio (measured): 1 to 2 s when the microphone is opened, since the graph moves to a driver with input
 * and waits for its first callback; a Bluetooth headset that changes its profile does the same to any browser.
 * https://searchfox.org/mozilla-central/source/dom/media/GraphDriver.h (AudioCallbackDriver). It comes back by itself: to
 * take it for dead would make a gap that is none.
 */
export class DeviceStart {
  #openedMs = -Infinity;

  /** A device is opened now. `nowMs` monotonic. */
  opened(nowMs: number): void {
    this.#openedMs = nowMs;
  }

  /** True while a clock that has stood still since `sinceMs` may be a device that starts. */
  explains(sinceMs: number, nowMs: number): boolean {
    return sinceMs < this.#openedMs + STOPS_WITHIN_MS && nowMs < this.#openedMs + STARTS_WITHIN_MS;
  }
}
