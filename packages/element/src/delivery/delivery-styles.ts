import { css } from 'lit';

/** Where everything stands between this device and the backend, and what can be done with it. */
export const deliveryStyles = css`
  .footer {
    display: grid;
    gap: 0.75rem;
    font-size: 0.8125rem;
  }

  .standing {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.375rem 0.625rem;
    min-block-size: 2rem;
    color: var(--_muted);
  }

  .standing > span {
    flex: 1 1 12rem;
    min-inline-size: 0;
  }

  .standing[data-standing='delivered'] svg {
    color: var(--_good);
  }

  .standing[data-standing='waiting'],
  .standing[data-standing='offline'],
  .standing[data-standing='rejected'],
  .standing[data-standing='paused'] {
    padding: 0.375rem 0.375rem 0.375rem 0.75rem;
    border-radius: var(--_radius-inner);
    background: var(--_warning-wash);
    color: var(--_text);
  }

  .standing:is([data-standing='waiting'], [data-standing='offline'], [data-standing='paused']) > svg {
    color: var(--_warning);
  }

  .standing[data-standing='rejected'] > svg {
    color: var(--_danger);
  }

  .progress {
    flex: 1 0 100%;
    block-size: 4px;
    overflow: hidden;
    border-radius: 2px;
    background: var(--_line);
  }

  .progress-fill {
    block-size: 100%;
    border-radius: 2px;
    background: var(--_good);
  }

  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }

  .actions .erase {
    margin-inline-start: auto;
    color: var(--_danger);
  }

  @container (max-width: 26rem) {
    .actions .quiet {
      padding-inline: 0.5rem;
    }
  }

  .hint {
    min-block-size: 1.25rem;
    color: var(--_muted);
  }

  .hint:empty {
    display: none;
  }

  @media (forced-colors: active) {
    .progress {
      border: 1px solid CanvasText;
    }

    .progress-fill {
      background: Highlight;
      forced-color-adjust: none;
    }
  }
`;
