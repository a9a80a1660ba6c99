/** What a key asks for. */
export type PlayerAction =
  | { do: 'toggle' }
  | { do: 'move'; ms: number }
  | { do: 'start' }
  | { do: 'end' }
  | { do: 'turn'; step: -1 | 1 }
  | { do: 'speed'; step: -1 | 1 }
  | { do: 'zoom'; factor: number }
  | { do: 'fit' };

/** Of the arrow keys; with Shift; of Page Up and Page Down. */
const STEP_MS = 5000;
const FINE_STEP_MS = 500;
const PAGE_MS = 30_000;

/** Where a key has a meaning of its own. Space presses a button that has the focus, also where it plays elsewhere. */
const TAKES_ALL = 'input, select, textarea';
const TAKES_SPACE = 'button, a[href], summary';

/**
 * The action of a key, or undefined: it is somebody else's. Time runs from left to right in every script, as on the
 * timeline.
 */
export function actionOf(event: KeyboardEvent): PlayerAction | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return undefined;
  const on = event.composedPath()[0];
  if (on instanceof Element && on.closest(TAKES_ALL)) return undefined;
  const step = event.shiftKey ? FINE_STEP_MS : STEP_MS;
  switch (event.key) {
    case ' ':
      return on instanceof Element && on.closest(TAKES_SPACE) ? undefined : { do: 'toggle' };
    case 'k':
      return { do: 'toggle' };
    case 'ArrowUp':
      return isSlider(on) ? { do: 'move', ms: step } : undefined;
    case 'ArrowDown':
      return isSlider(on) ? { do: 'move', ms: -step } : undefined;
    case 'ArrowRight':
      return { do: 'move', ms: step };
    case 'ArrowLeft':
      return { do: 'move', ms: -step };
    case 'PageUp':
      return { do: 'move', ms: -PAGE_MS };
    case 'PageDown':
      return { do: 'move', ms: PAGE_MS };
    case 'Home':
      return { do: 'start' };
    case 'End':
      return { do: 'end' };
    case '[':
      return { do: 'turn', step: -1 };
    case ']':
      return { do: 'turn', step: 1 };
    case ',':
      return { do: 'speed', step: -1 };
    case '.':
      return { do: 'speed', step: 1 };
    case '+':
    case '=':
      return { do: 'zoom', factor: 1 / 2 };
    case '-':
      return { do: 'zoom', factor: 2 };
    case '0':
      return { do: 'fit' };
    default:
      return undefined;
  }
}

/** Every slider goes up and down with these; elsewhere they scroll. */
const isSlider = (on: EventTarget | undefined): boolean =>
  on instanceof Element && on.closest('[role="slider"]') !== null;

/** Speeds that are offered. */
export const SPEED_STEPS: readonly number[] = Object.freeze([0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]);

/** The next speed that is offered, up or down. */
export function nextSpeed(speed: number, step: -1 | 1): number {
  const next = step > 0 ? SPEED_STEPS.find((each) => each > speed) : SPEED_STEPS.findLast((each) => each < speed);
  return next ?? speed;
}
