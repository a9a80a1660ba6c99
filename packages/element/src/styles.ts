import { css } from 'lit';
import { buttonStyles, panelStyles } from './panel-styles.ts';
import { tokenStyles } from './tokens.ts';
import { turnStyles } from './turn-styles.ts';

/** The bar at the top, and what moves. */
const baseStyles = css`
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
export const styles = [tokenStyles, baseStyles, buttonStyles, panelStyles, turnStyles];
