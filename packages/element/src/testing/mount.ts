import type { TurnTape } from '../turn-tape.ts';
import { ScriptedRecorder } from './scripted-recorder.ts';

/** An element on the page with a recorder that a test directs. */
export async function mount(prepare: (element: TurnTape, recorder: ScriptedRecorder) => void = () => {}) {
  const recorder = new ScriptedRecorder();
  const element = document.createElement('turn-tape');
  element.consent = 'granted';
  prepare(element, recorder);
  element.recorder = recorder.asRecorder;
  document.body.append(element);
  await element.updateComplete;
  return { element, recorder };
}

/** The same, with a session that runs. */
export async function mountRunning(prepare?: (element: TurnTape, recorder: ScriptedRecorder) => void) {
  const mounted = await mount(prepare);
  await mounted.element.start();
  await mounted.element.updateComplete;
  return { ...mounted, session: mounted.recorder.last };
}

/** What is in its shadow. */
export const inside = (element: TurnTape, selector: string): HTMLElement[] =>
  Array.from(element.shadowRoot!.querySelectorAll<HTMLElement>(selector));

/** The turns in the list. */
export const rows = (element: TurnTape): HTMLElement[] => inside(element, '[part~="turn"]');

/** Without the spaces of the template. */
export const text = (node: Element | undefined): string => node?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
