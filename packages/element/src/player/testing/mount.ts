import { ScriptedReview } from './scripted-review.ts';
import { WORKSHOP } from './scripted-calls.ts';
import { until } from './states.ts';
import type { TurnTapePlayer } from '../turn-tape-player.ts';

/** A player on the page with the call to the workshop, ready. */
export async function ready(prepare: (element: TurnTapePlayer) => void = () => undefined, turns = WORKSHOP) {
  const review = new ScriptedReview(turns);
  const element = document.createElement('turn-tape-player');
  element.recorder = review;
  element.sessionId = review.sessionId;
  prepare(element);
  document.body.append(element);
  await until(element, () => element.phase === 'ready');
  return { element, review };
}

/** What is in its shadow. */
export const inside = (element: TurnTapePlayer, selector: string): HTMLElement[] =>
  Array.from(element.shadowRoot!.querySelectorAll<HTMLElement>(selector));

/** Without the spaces of the template. */
export const text = (node: Element | undefined): string => node?.textContent?.replace(/\s+/g, ' ').trim() ?? '';

/** The timeline, as the keyboard has it. */
export const slider = (element: TurnTapePlayer): HTMLElement => inside(element, '[role="slider"]')[0]!;
