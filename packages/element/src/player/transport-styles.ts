import { css } from 'lit';

/** The bar under the lanes: play, the time, the speed, and how much is seen. */
export const transportStyles = css`
  .transport {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.875rem;
    direction: ltr;
  }

  .group {
    display: flex;
    align-items: center;
    gap: 0.25rem;
  }

  .view {
    margin-inline-start: auto;
  }

  .play-main {
    inline-size: 2.75rem;
    block-size: 2.75rem;
    padding: 0;
    background: var(--_accent);
    color: var(--_on-accent);
  }

  .play-main:hover:enabled {
    background: color-mix(in srgb, var(--_accent) 86%, var(--_surface));
  }

  .play-main svg {
    inline-size: 1.25rem;
    block-size: 1.25rem;
  }

  .play-main[aria-busy='true'] {
    animation: pulse 1.2s ease-in-out infinite;
  }

  .time {
    font-weight: 600;
  }

  .time .of {
    color: var(--_muted);
    font-weight: 400;
  }

  select {
    block-size: 2.25rem;
    padding: 0 0.5rem;
    border: 1px solid color-mix(in srgb, currentColor 35%, transparent);
    border-radius: 999px;
    background: var(--_surface);
    color: inherit;
    font: inherit;
    font-size: 0.8125rem;
    font-weight: 600;
    cursor: pointer;
  }

  select:focus-visible,
  input:focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }

  @container (max-width: 36rem) {
    .transport {
      justify-content: space-between;
      gap: 0.5rem;
    }
  }

  /* Two rows: what plays, and below it where that is and how much is seen. */
  @container (max-width: 26rem) {
    .time {
      flex: 1 1 50%;
      order: 1;
    }

    .view {
      order: 2;
    }
  }

  @media (forced-colors: active) {
    .play-main {
      border-color: ButtonText;
    }
  }
`;
