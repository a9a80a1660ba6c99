import { ContextLife, type ContextState } from './context-life.ts';
import { resumeSuspended } from '../quirks/resume-suspended.ts';
import type { Scope } from '../scope.ts';

/** How often the clock is looked at: a dead one is known within two seconds. */
const LOOK_EVERY_MS = 250;

export interface ContextWatchEvents {
  onState: (state: ContextState) => void;
  /** The clock is dead: another context is needed. */
  onDead: () => void;
  onError: (thrown: unknown) => void;
}

/**
 * Looks at a context whenever its state changes, and now and then; does what {@link ContextLife} says. A device is being
 * opened under it as it begins; call what it returns whenever another one is.
 */
export function watchContext(
  context: AudioContext,
  ours: boolean,
  scope: Scope,
  events: ContextWatchEvents,
): () => void {
  const life = new ContextLife(ours);
  const deviceOpened = (): void => life.deviceOpened(performance.now());
  deviceOpened();
  const look = (): void => {
    for (const step of life.look(context.state, context.currentTime, performance.now())) {
      if (step.type === 'tell') events.onState(step.state);
      else if (step.type === 'rebuild') events.onDead();
      else resumeSuspended(context).catch(events.onError);
    }
  };
  scope.listen(context, 'statechange', look);
  const timer = setInterval(look, LOOK_EVERY_MS);
  scope.add(() => clearInterval(timer));
  return deviceOpened;
}
