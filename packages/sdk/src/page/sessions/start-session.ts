import { TurntapeError } from '../../core/errors.ts';
import { abortable, throwIfAborted } from '../abortable.ts';
import { UUID } from '../options/option-checks.ts';
import type { Session } from '../session.ts';
import { type SessionHome, SessionOpening } from './session-opening.ts';
import { plainJson } from '../options/session-settings.ts';

/** What `startSession` takes. */
export interface StartSessionOptions {
  /** A UUID of yours, or a new one. The same id later goes on with the same session. Error: `invalid_session_id`. */
  sessionId?: string;
  /** Yours; plain JSON. It travels with the session. Error: `invalid_argument`. */
  metadata?: Record<string, unknown>;
  signal?: AbortSignal;
}

/** Opens the audio, the microphone and the engine's session, in this order; on a failure, closes what was opened. */
export async function startSession(home: SessionHome, options: StartSessionOptions): Promise<Session> {
  const { sessionId = crypto.randomUUID(), metadata = {}, signal } = options;
  if (!UUID.test(sessionId)) {
    const message = `sessionId must be a UUID, not '${sessionId}'`;
    throw new TurntapeError('invalid_session_id', message, { field: 'sessionId' });
  }
  throwIfAborted(signal);
  const opening = new SessionOpening(home, sessionId.toLowerCase(), plainJson(metadata));
  try {
    return await abortable(opening.open(), signal);
  } catch (thrown) {
    await opening.giveUp();
    throw thrown;
  }
}
