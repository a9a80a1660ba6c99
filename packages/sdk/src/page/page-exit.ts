import type { TurntapeDatabase } from '../storage/database.ts';
import { markPageExit, unmarkPageExit } from '../storage/page-exits.ts';
import { onAway } from './quirks/away.ts';
import { onFrozen } from './quirks/frozen.ts';
import { onHiddenOnce } from './quirks/hidden-once.ts';
import type { Scope } from './scope.ts';
import type { Session } from './session.ts';

/** What a page that goes has to look after. */
export interface PageExitParts {
  readonly db: TurntapeDatabase;
  /** The session that runs, if one does. */
  readonly session: () => Session | undefined;
  /** Sends of the outbox what can be sent by requests that outlive the page. Returns at once. */
  readonly sendLast: () => void;
  readonly onError: (thrown: unknown) => void;
}

/**
 * What is done when a page is hidden, frozen, left, and when it comes back. Nothing here asks the person to stay. Whatever
 * cannot be done in the moment that a page has is done by the next start, from the chunks and the mark.
 */
export function watchPageExit(scope: Scope, parts: PageExitParts): void {
  const { db, session, sendLast, onError } = parts;
  const keep = (): void => {
    session()?.keepNow().catch(onError);
  };
  onAway(scope, {
    onLeft: (mayReturn) => {
      const leaving = session();
      // First what must not be missing, and what takes no time.
      if (leaving) markPageExit(db, leaving.sessionId).catch(onError);
      keep();
      sendLast();
      if (!mayReturn) leaving?.leave().catch(onError);
    },
    onBack: () => {
      const back = session();
      if (back) comeBack(db, back).catch(onError);
    },
  });
  onHiddenOnce(scope, keep);
  onFrozen(scope, keep);
}

async function comeBack(db: TurntapeDatabase, session: Session): Promise<void> {
  await unmarkPageExit(db, session.sessionId);
  await session.comeBack();
}
