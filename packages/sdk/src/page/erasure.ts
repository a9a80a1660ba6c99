import { TurntapeError } from '../core/errors.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { eraseAll, eraseSession } from '../storage/erase.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { Session } from './session.ts';

/** What an erasure reaches. */
export interface ErasureParts {
  readonly db: TurntapeDatabase;
  readonly delivery: Pick<Delivery, 'erased'>;
  /** There is a backend that can be asked to erase. */
  readonly hasTarget: boolean;
  /** The session that runs, if one does. */
  readonly running: Pick<Session, 'sessionId' | 'stop'> | undefined;
}

/** Which session, and whether the backend is asked to erase it, too. */
export interface EraseSessionOptions {
  sessionId: string;
  /** Default false. */
  atTarget?: boolean;
}

/**
 * Stops the session that runs and erases everything; the backend is asked to. A stop that fails keeps nothing: its error comes
 * when all is erased, and an engine that still records is refused.
 */
export async function eraseEverything({ db, delivery, hasTarget, running }: ErasureParts): Promise<void> {
  try {
    await running?.stop();
  } finally {
    await eraseAll(db, { askBackend: hasTarget });
    delivery.erased();
  }
}

/**
 * Erases one session that is over.
 * @throws TurntapeError `session_active`; `invalid_option` (`target`): there is no target that could erase it.
 */
export async function eraseOne(
  { db, delivery, hasTarget, running }: ErasureParts,
  { sessionId: given, atTarget = false }: EraseSessionOptions,
): Promise<void> {
  const sessionId = given.toLowerCase();
  if (running?.sessionId === sessionId)
    throw new TurntapeError('session_active', 'the session is running: stop it first', { field: 'sessionId' });
  if (atTarget && !hasTarget)
    throw new TurntapeError('invalid_option', 'there is no target that could erase it', { field: 'target' });
  await eraseSession(db, sessionId, { askBackend: atTarget });
  delivery.erased(sessionId);
}
