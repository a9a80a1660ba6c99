import type { SessionEvents } from '../../core/events.ts';
import type { Off } from '../../core/emitter.ts';
import type { Speaker } from '../../core/turn.ts';
import type { Scope } from '../scope.ts';

/** What of a session is watched. */
interface Watched {
  on<Type extends 'turn-start' | 'turn-end'>(type: Type, listener: (event: SessionEvents[Type]) => void): Off;
  activeTurn(speaker: Speaker): unknown;
}

/**
 * Calls `onIdle` once, when no turn has been open for `idleMs`: a conversation that both have left. A hidden page is told up to
 * a minute late, a frozen one when it is back.
 */
export function watchIdle(session: Watched, idleMs: number, scope: Scope, onIdle: () => void): void {
  if (idleMs === 0) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rest = (): void => {
    clearTimeout(timer);
    const isOpen = session.activeTurn('user') !== undefined || session.activeTurn('bot') !== undefined;
    timer = isOpen ? undefined : setTimeout(onIdle, idleMs);
  };
  scope.add(session.on('turn-start', rest));
  scope.add(session.on('turn-end', rest));
  scope.add(() => clearTimeout(timer));
  rest();
}
