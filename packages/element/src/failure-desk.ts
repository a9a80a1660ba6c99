import type { TurntapeErrorCode } from 'turntape';
import { asFailure, isNotice, isSettledByDelivery, isToldByStanding } from './failure.ts';
import type { Failure } from './failure.ts';

/** The failure that is shown, and what the backend's silence is called. */
export class FailureDesk {
  readonly #changed: () => void;
  #failure: Failure | undefined;
  /** The code of the failure that was dismissed: each retry of a delivery would bring it back. */
  #putAway: Failure['code'];
  #trouble: TurntapeErrorCode | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** What is shown. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** The last failure of a delivery that no receipt has followed. */
  get trouble(): TurntapeErrorCode | undefined {
    return this.#trouble;
  }

  /** Takes one. `starting`: nothing is being recorded because of it. A notice that was put away stays away. */
  take(thrown: unknown, starting: boolean): void {
    const failure = asFailure(thrown, starting);
    if (isSettledByDelivery(failure)) this.#trouble = failure.code;
    const isKnown = isNotice(failure) && failure.code === this.#putAway;
    if (!isKnown && !isToldByStanding(failure)) this.#failure = failure;
    this.#changed();
  }

  /** Takes the failure away. The same notice does not come back until it is over. */
  dismiss(): void {
    this.#putAway = this.#failure?.code;
    this.#failure = undefined;
    this.#changed();
  }

  /** A receipt came, or nothing is left to send: whatever kept deliveries back is over. */
  settleDelivery(): void {
    const shown = this.#failure && isSettledByDelivery(this.#failure);
    if (!shown && this.#trouble === undefined) return;
    this.#putAway = undefined;
    this.#trouble = undefined;
    if (shown) this.#failure = undefined;
    this.#changed();
  }

  /** Something was written: a device that was full has room again. */
  settleRoom(): void {
    if (this.#putAway === 'storage_full') this.#putAway = undefined;
    if (this.#failure?.code !== 'storage_full') return;
    this.#failure = undefined;
    this.#changed();
  }

  /** Before another start: what was wrong with the last one is over. */
  clear(): void {
    this.#failure = undefined;
    this.#putAway = undefined;
    this.#changed();
  }
}
