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
  #untilMs = -Infinity;

  /** A device is opened now. `nowMs` monotonic. */
  opened(nowMs: number): void {
    this.#untilMs = nowMs + STARTS_WITHIN_MS;
  }

  /** True while a clock that stands still may be a device that starts. */
  explains(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }
}
