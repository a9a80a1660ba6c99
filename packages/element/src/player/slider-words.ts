/** While it plays, the slider says where it is this often: one who listens to the conversation wants to hear that. In ms. */
const SAYS_EVERY_MS = 10_000;

/** What the slider and the clock say. They are written straight to their nodes: nothing is drawn anew while time passes. */
export class SliderWords {
  #slider: HTMLElement | undefined;
  #clock: HTMLElement | undefined;
  #saidAt = -Infinity;

  /** To be called after each drawing. */
  take(slider: HTMLElement | null, clock: HTMLElement | null): void {
    if (slider !== (this.#slider ?? null)) this.#saidAt = -Infinity;
    this.#slider = slider ?? undefined;
    this.#clock = clock ?? undefined;
  }

  /** A person moved it, or it stopped: it is said at once. */
  moved(): void {
    this.#saidAt = -Infinity;
  }

  show(options: { positionMs: number; durationMs: number; time: string; words: () => string }): void {
    const { positionMs, durationMs, time, words } = options;
    if (this.#clock && this.#clock.textContent !== time) this.#clock.textContent = time;
    const slider = this.#slider;
    if (!slider || Math.abs(positionMs - this.#saidAt) < SAYS_EVERY_MS) return;
    this.#saidAt = positionMs;
    slider.setAttribute('aria-valuemax', String(Math.round(durationMs / 1000)));
    slider.setAttribute('aria-valuenow', String(Math.round(positionMs / 1000)));
    slider.setAttribute('aria-valuetext', words());
  }
}
