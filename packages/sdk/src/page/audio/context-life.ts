import { DeadClock } from '../quirks/dead-clock.ts';
import { DeviceStart } from '../quirks/device-start.ts';

/** What a context does for us. `dead`: it says that it runs, and its clock stands still. */
export type ContextState = 'running' | 'suspended' | 'interrupted' | 'dead' | 'closed';

/** What the owner of the context has to do about a change. */
export type ContextStep =
  | { type: 'tell'; state: ContextState }
  /** Ours fell to 'suspended' after an interruption: the system let go of it, and nobody else will wake it. */
  | { type: 'resume' }
  | { type: 'rebuild' };

/** A rebuild that failed is tried again after this. */
const REBUILD_AGAIN_MS = 2000;

/**
 * The life of one audio context as a state machine: looks at it in, steps out. An app that suspends our context means
 * it, so nothing wakes it but the app; an interruption is waited for; a dead clock is replaced.
 */
export class ContextLife {
  readonly #ours: boolean;
  readonly #clock = new DeadClock();
  readonly #device = new DeviceStart();
  #state: ContextState = 'running';
  #rebuildMs = -Infinity;

  /** A context that the app gave us is watched and neither resumed nor replaced. */
  constructor(ours: boolean) {
    this.#ours = ours;
  }

  get state(): ContextState {
    return this.#state;
  }

  /** A microphone or an output is opened: the clock may stand still until it has started. */
  deviceOpened(nowMs: number): void {
    this.#device.opened(nowMs);
  }

  /** One look at the context; `currentTime` in seconds, `nowMs` monotonic. */
  look(state: string, currentTime: number, nowMs: number): ContextStep[] {
    const sinceMs = this.#clock.look(state, currentTime, nowMs);
    const isDead = sinceMs !== undefined && !this.#device.explains(sinceMs, nowMs);
    const next = isDead ? 'dead' : known(state);
    const steps: ContextStep[] = [];
    if (next !== this.#state) {
      if (next === 'suspended' && this.#state === 'interrupted' && this.#ours) steps.push({ type: 'resume' });
      this.#state = next;
      steps.push({ type: 'tell', state: next });
    }
    if (next === 'dead' && this.#ours && nowMs - this.#rebuildMs >= REBUILD_AGAIN_MS) {
      this.#rebuildMs = nowMs;
      steps.push({ type: 'rebuild' });
    }
    return steps;
  }
}

function known(state: string): ContextState {
  return state === 'running' || state === 'interrupted' || state === 'closed' ? state : 'suspended';
}
