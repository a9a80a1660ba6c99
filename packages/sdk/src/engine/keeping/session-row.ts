import type { SessionFacts } from '../../core/session.ts';
import type { SessionSettings } from '../../core/settings.ts';
import type { Epoch } from '../../core/timeline.ts';
import { sessionToWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { stoppedWithoutRoom } from '../../storage/running.ts';
import { type StartOptions, endSession, startSession, updateSession } from '../../storage/sessions.ts';

/** The row of a running session: written at its start, at each new epoch and at its end. Of one that is not sampled: never. */
export class SessionRow {
  readonly #db: TurntapeDatabase;
  readonly #encrypt: StartOptions['encrypt'];
  readonly #sampled: boolean;
  #facts: SessionFacts;

  /** `epochs`: those of a session that goes on. */
  constructor(db: TurntapeDatabase, settings: SessionSettings, startedAt: number, epochs: readonly Epoch[] = []) {
    this.#db = db;
    const { sessionId, metadata, consent, encryption, sampled = true } = settings;
    this.#sampled = sampled;
    this.#encrypt = encryption && (encryption.readableBy === 'device' ? 'all' : 'words');
    this.#facts = {
      sessionId,
      startedAt,
      endedAt: null,
      endReason: null,
      state: 'active',
      metadata,
      consent,
      epochs,
      schema: 1,
    };
  }

  async open(): Promise<void> {
    if (!this.#sampled) return;
    const began = await startSession(this.#db, sessionToWire(this.#facts), { encrypt: this.#encrypt ?? false });
    // Of one that goes on after a reload: when its first run did.
    this.#facts = { ...this.#facts, startedAt: Date.parse(began) };
  }

  async epochs(epochs: readonly Epoch[]): Promise<void> {
    this.#facts = { ...this.#facts, epochs: structuredClone(epochs) };
    if (!this.#sampled) return;
    await updateSession(this.#db, sessionToWire(this.#facts));
  }

  /** It was stopped, and cannot say so otherwise. */
  async stoppedWithoutRoom(): Promise<void> {
    if (this.#sampled) await stoppedWithoutRoom(this.#db, this.#facts.sessionId);
  }

  async end(endReason: 'session_stop' | 'page_exit', endedAt: number, epochs: readonly Epoch[]): Promise<void> {
    this.#facts = { ...this.#facts, epochs: structuredClone(epochs), state: 'ended', endReason, endedAt };
    if (!this.#sampled) return;
    await endSession(this.#db, sessionToWire(this.#facts));
  }
}
