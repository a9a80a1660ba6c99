import type { TapePaints } from './tape-scene.ts';

/** From nodes that carry the colours: what a custom property says, only the browser can resolve. */
export function readPaints(names: Element): TapePaints {
  const color = (selector: string): string => {
    const node = names.querySelector(selector);
    return node ? getComputedStyle(node).color : 'currentColor';
  };
  const { fontFamily } = getComputedStyle(names);
  return {
    user: color('.lane-name.user'),
    bot: color('.lane-name.bot'),
    line: color('.paint-line'),
    text: color('.paint-text'),
    cut: color('.paint-cut'),
    gap: color('.paint-gap'),
    well: wellOf(names.parentElement, names.nextElementSibling),
    font: `500 11px ${fontFamily}`,
  };
}

/** The colour behind the tape, when it is one that hides everything: a style sheet of the page may have put anything there. */
function wellOf(stage: Element | null, window: Element | null): string | undefined {
  if (!stage || !window) return undefined;
  const [{ backgroundColor: well, backgroundImage: picture }, own] = [
    getComputedStyle(stage),
    getComputedStyle(window),
  ];
  const isPlain = picture === 'none' && own.backgroundImage === 'none' && own.backgroundColor === 'rgba(0, 0, 0, 0)';
  // Computed colours name their alpha only when it is below one.
  return isPlain && !/^rgba|\//u.test(well) ? well : undefined;
}
