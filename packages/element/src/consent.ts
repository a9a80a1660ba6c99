import type { Recorder } from 'turntape';

/** Whether somebody agreed at the gate of this element, and how that is written down and taken back. */
export class Consent {
  readonly #recorder: () => Promise<Recorder>;
  #given = false;

  constructor(recorder: () => Promise<Recorder>) {
    this.#recorder = recorder;
  }

  get given(): boolean {
    return this.#given;
  }

  /** It was given to another text, or by somebody else: the gate is shown again, and nothing is taken back. */
  lapse(): void {
    this.#given = false;
  }

  async grant(grant: { subject: string; textVersion: string }): Promise<void> {
    await (await this.#recorder()).grantConsent(grant);
    this.#given = true;
  }

  /** The session is ended before: what it has captured is whole. */
  async withdraw({ erase, stop }: { erase: boolean; stop: () => Promise<void> }): Promise<void> {
    const recorder = await this.#recorder();
    await stop();
    await recorder.revokeConsent({ erase });
    this.#given = false;
  }
}
