/** Wakes one sleeper. A ring that comes while nobody sleeps is kept: the next sleep ends at once. */
export class Bell {
  #isRung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  /** Settles at the next ring, or at once when one was kept. One sleeper at a time. */
  async heard(): Promise<void> {
    if (!this.#isRung) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    this.#isRung = false;
  }
}
