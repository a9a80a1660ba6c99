import type { Speaker } from 'turntape';

/** What a canvas is painted with: the tokens of the element, resolved. */
export interface TimelineColors {
  user: string;
  bot: string;
  surface: string;
  text: string;
  muted: string;
  line: string;
  warning: string;
  danger: string;
  /** The system chose the colours: washes would not be seen, and edges are drawn instead. */
  forced: boolean;
  font: string;
  /** What they are told apart by. */
  sign: string;
}

const TOKENS = ['user', 'bot', 'surface', 'text', 'muted', 'line', 'warning', 'danger'] as const;

/**
 * Reads the tokens as colours: a custom property is not resolved, a colour of an element is. `probe` is an element of the
 * player that is not seen.
 */
export function readColors(probe: HTMLElement): TimelineColors {
  const forced = matchMedia('(forced-colors: active)').matches;
  const colors = Object.fromEntries(
    TOKENS.map((token) => {
      probe.style.color = `var(--_${token})`;
      return [token, getComputedStyle(probe).color];
    }),
  ) as Record<(typeof TOKENS)[number], string>;
  probe.style.color = 'var(--_text)';
  const { color, fontFamily } = getComputedStyle(probe);
  return { ...colors, forced, font: fontFamily, sign: color };
}

/** True when the page has changed its scheme since: one look at one node, fit for every frame. */
export function isStale(colors: TimelineColors, probe: HTMLElement): boolean {
  return getComputedStyle(probe).color !== colors.sign;
}

/** A colour let through so far: 0 … 1. */
export const wash = (color: string, share: number): string =>
  `color-mix(in srgb, ${color} ${share * 100}%, transparent)`;

export const voiceOf = (colors: TimelineColors, speaker: Speaker): string => colors[speaker];
