import { css } from 'lit';
import { buttonStyles, panelStyles } from './panel-styles.ts';
import { turnStyles } from './turn-styles.ts';

/** Colours, and the frame around everything. Light and dark follow the page's `color-scheme`. */
const baseStyles = css`
  :host {
    --_surface: var(--turn-tape-surface, light-dark(#ffffff, #1a1c20));
    --_text: var(--turn-tape-text, light-dark(#17191d, #eceef1));
    --_muted: var(--turn-tape-muted, light-dark(#5c6470, #a0a8b4));
    --_line: var(--turn-tape-line, light-dark(#e4e6ea, #31353c));
    --_accent: var(--turn-tape-accent, light-dark(#17191d, #eceef1));
    --_on-accent: var(--turn-tape-on-accent, light-dark(#ffffff, #17191d));
    --_user: var(--turn-tape-user, light-dark(#2460c8, #82aeff));
    --_bot: var(--turn-tape-bot, light-dark(#a8500f, #f0a468));
    --_danger: var(--turn-tape-danger, light-dark(#bf2b2b, #ff8a80));
    --_warning: var(--turn-tape-warning, light-dark(#8a5a00, #f2c14e));
    --_warning-wash: light-dark(#fdf3d3, #3a3220);
    --_good: light-dark(#1f7a46, #7bd6a1);
    --_radius: var(--turn-tape-radius, 16px);

    display: block;
    container-type: inline-size;
    color-scheme: light dark;
    color: var(--_text);
    font: 400 0.9375rem/1.45 var(--turn-tape-font, system-ui, sans-serif);
    text-align: start;
  }

  :host([hidden]) {
    display: none;
  }

  * {
    box-sizing: border-box;
  }

  p,
  ol {
    margin: 0;
    padding: 0;
  }

  .base {
    display: grid;
    gap: 0.875rem;
    padding: 1rem;
    overflow: hidden;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
  }

  svg {
    display: block;
    flex: none;
  }

  .header {
    display: flex;
    align-items: center;
    gap: 0.625rem;
    min-block-size: 2.5rem;
  }

  .lamp {
    flex: none;
    inline-size: 0.625rem;
    block-size: 0.625rem;
    border-radius: 50%;
    background: var(--_line);
  }

  :host([phase='starting']) .lamp,
  :host([phase='suspended']) .lamp,
  :host([phase='stopping']) .lamp {
    background: var(--_warning);
  }

  :host([phase='recording']) .lamp {
    background: var(--_danger);
    box-shadow: 0 0 0 4px color-mix(in srgb, var(--_danger) 18%, transparent);
    animation: breathe 2.4s ease-in-out infinite;
  }

  :host([phase='ended']) .lamp {
    background: var(--_good);
  }

  :host([phase='failed']) .lamp {
    background: var(--_danger);
  }

  .status {
    font-weight: 600;
  }

  .clock {
    color: var(--_muted);
    font-variant-numeric: tabular-nums;
  }

  .header button {
    margin-inline-start: auto;
  }

  @keyframes breathe {
    50% {
      box-shadow: 0 0 0 7px color-mix(in srgb, var(--_danger) 6%, transparent);
    }
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before {
      animation: none !important;
      transition: none !important;
    }
  }
`;

/** All styles of the element. */
export const styles = [baseStyles, buttonStyles, panelStyles, turnStyles];
