import { TurntapeError } from '../core/errors.ts';
import type { Consent } from '../core/session.ts';

/** Who agreed, to which text. */
export interface ConsentGrant {
  /** Whoever is recorded, in the app's own words: a user id, say. */
  subject: string;
  /** Version of the text that was agreed to. */
  textVersion: string;
}

/** The gate before every session: nothing is opened and nothing written until it is open. */
export class ConsentGate {
  readonly #required: boolean;
  #consent: Consent | null = null;

  constructor(mode: 'required' | 'granted') {
    this.#required = mode === 'required';
  }

  /** Error: `invalid_argument` names the field. */
  grant({ subject, textVersion }: ConsentGrant, nowMs: number): void {
    for (const [field, value] of Object.entries({ subject, textVersion }))
      if (typeof value !== 'string' || value === '')
        throw new TurntapeError('invalid_argument', `${field} must be a string that is not empty`, { field });
    this.#consent = { subject, textVersion, grantedAt: nowMs };
  }

  revoke(): void {
    this.#consent = null;
  }

  /** The record that travels with the session. Error: `consent_required`. */
  require(): Consent | null {
    if (this.#required && !this.#consent)
      throw new TurntapeError('consent_required', 'nobody has agreed to be recorded: call grantConsent() first');
    return this.#consent;
  }
}
