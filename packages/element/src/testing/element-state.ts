import type { TurnTape } from '../turn-tape.ts';
import { ScriptedRecorder } from './scripted-recorder.ts';
import type { ScriptedSession } from './scripted-session.ts';

/**
 * A state of `<turn-tape>` that can be put on the screen without a microphone, the same at every run. `<turn-tape>` must
 * be defined; the caller imports `define.ts`.
 */
export interface ElementState {
  /** Fit for a file name. */
  readonly name: string;
  /** What is to be seen, in a sentence. */
  readonly says: string;
  /** Makes the element in `root` and settles when it is drawn. Whatever it changed outside, `leave` puts back. */
  show(root: HTMLElement): Promise<StateShown>;
}

/** A state on the screen. */
export interface StateShown {
  element: TurnTape;
  recorder: ScriptedRecorder;
  /** Takes it away again. */
  leave(): void;
}

/** How a state is reached from an element with a recorder that does what it is told. */
interface Plan {
  prepare?: (element: TurnTape, recorder: ScriptedRecorder) => void;
  /** Starts a session and goes on with it. */
  record?: (session: ScriptedSession, recorder: ScriptedRecorder, element: TurnTape) => void | Promise<void>;
  /** Without a session. */
  act?: (element: TurnTape, recorder: ScriptedRecorder) => void | Promise<void>;
  leave?: () => void;
}

/** A state, from how it is reached. */
export const state = (name: string, says: string, plan: Plan): ElementState => ({
  name,
  says,
  show: async (root) => {
    const recorder = new ScriptedRecorder();
    const element = document.createElement('turn-tape');
    element.consent = 'granted';
    element.recorder = recorder.asRecorder;
    plan.prepare?.(element, recorder);
    root.append(element);
    await element.updateComplete;
    if (plan.record) {
      await element.start();
      await plan.record(recorder.last, recorder, element);
    }
    await plan.act?.(element, recorder);
    await drawn(element);
    const leave = (): void => {
      element.remove();
      plan.leave?.();
    };
    return { element, recorder, leave };
  },
});

/** Frames in which sizes become known and the waveform is drawn; then nothing is on its way from one look to another. */
export async function drawn(element: TurnTape): Promise<void> {
  await element.updateComplete;
  const canvas = element.shadowRoot?.querySelector('canvas');
  // Three, and as many as it takes until a browser has told that it is seen; of one that is not, a hundred.
  for (let frame = 0; frame < 3 || (frame < 100 && canvas?.style.width === ''); frame += 1)
    await new Promise((resolve) => requestAnimationFrame(resolve));
  await element.updateComplete;
  const moving = (element.shadowRoot?.getAnimations() ?? []).filter((animation) => animation instanceof CSSTransition);
  await Promise.allSettled(moving.map(({ finished }) => finished));
}
