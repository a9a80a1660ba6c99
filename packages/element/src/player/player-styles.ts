import { css } from 'lit';
import { buttonStyles, panelStyles } from '../panel-styles.ts';
import { tokenStyles } from '../tokens.ts';
import { timelineStyles } from './timeline-styles.ts';
import { turnLook } from '../turn-look.ts';
import { transcriptStyles } from './transcript-styles.ts';
import { transportStyles } from './transport-styles.ts';

const frameStyles = css`
  .base {
    gap: 0.75rem;
  }

  .base:focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }

  svg {
    display: block;
    flex: none;
  }

  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .head {
    display: flex;
    align-items: start;
    justify-content: space-between;
    gap: 0.75rem;
  }

  .title {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 0.5rem;
    font-weight: 600;
    unicode-bidi: plaintext;
  }

  .live {
    padding: 0.0625rem 0.5rem;
    border-radius: 999px;
    background: color-mix(in srgb, var(--_danger) 12%, transparent);
    color: var(--_danger);
    font-size: 0.75rem;
    white-space: nowrap;
  }

  .summary {
    display: flex;
    flex-wrap: wrap;
    column-gap: 0.4rem;
    color: var(--_muted);
    font-size: 0.8125rem;
  }

  .summary span:not(:last-child)::after {
    content: ' ·';
  }

  .summary span,
  .time,
  .at,
  .duration,
  .fact {
    font-variant-numeric: tabular-nums;
    unicode-bidi: plaintext;
  }

  .downloads {
    display: flex;
    flex: none;
    gap: 0.375rem;
  }

  .quiet[aria-busy='true'] svg {
    animation: pulse 1.4s ease-in-out infinite;
  }

  .message {
    padding-block: 2.5rem;
    color: var(--_muted);
    text-align: center;
  }

  @keyframes pulse {
    50% {
      opacity: 0.35;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before {
      animation: none !important;
      transition: none !important;
    }
  }

  @container (max-width: 30rem) {
    .downloads .quiet {
      inline-size: 2.25rem;
      block-size: 2.25rem;
      padding: 0;
    }

    .downloads .quiet span {
      position: absolute;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
  }
`;

/** All styles of the player. */
export const playerStyles = [
  tokenStyles,
  buttonStyles,
  panelStyles,
  frameStyles,
  timelineStyles,
  transportStyles,
  turnLook,
  transcriptStyles,
];
