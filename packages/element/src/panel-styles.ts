import { css } from 'lit';

/** Buttons with a word on them. */
export const buttonStyles = css`
  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.4rem;
    flex: none;
    min-block-size: 2.5rem;
    padding: 0 1rem;
    border: 1px solid transparent;
    border-radius: 999px;
    background: none;
    color: inherit;
    font: inherit;
    font-weight: 600;
    cursor: pointer;
    transition:
      background-color 120ms,
      border-color 120ms;
  }

  button:focus-visible,
  .turns:focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }

  button:disabled {
    cursor: default;
    opacity: 0.55;
  }

  .primary {
    background: var(--_accent);
    color: var(--_on-accent);
  }

  .primary svg {
    color: light-dark(#ff7b72, #c93030);
  }

  .primary:hover {
    background: color-mix(in srgb, var(--_accent) 86%, var(--_surface));
  }

  .stop {
    border-color: color-mix(in srgb, var(--_danger) 45%, transparent);
    color: var(--_danger);
  }

  .stop:hover:enabled {
    background: color-mix(in srgb, var(--_danger) 10%, transparent);
  }

  .quiet {
    min-block-size: 2rem;
    padding-inline: 0.75rem;
    border-color: color-mix(in srgb, currentColor 35%, transparent);
    font-size: 0.8125rem;
  }

  .quiet:hover {
    background: color-mix(in srgb, currentColor 10%, transparent);
  }
`;

/** The consent gate, the failure panel and the meters. */
export const panelStyles = css`
  .consent {
    display: grid;
    gap: 0.875rem;
    justify-items: start;
    padding: 1rem;
    border-radius: calc(var(--_radius) - 6px);
    background: color-mix(in srgb, var(--_text) 5%, transparent);
  }

  .consent-text {
    max-inline-size: 60ch;
  }

  .failure {
    display: grid;
    grid-template-columns: auto 1fr auto;
    gap: 0.625rem;
    align-items: start;
    padding: 0.75rem 0.875rem;
    border-radius: calc(var(--_radius) - 6px);
    color: var(--_text);
    font-size: 0.875rem;
  }

  .failure svg {
    margin-block-start: 0.15rem;
  }

  .alarm {
    background: color-mix(in srgb, var(--_danger) 11%, transparent);
  }

  .alarm > svg {
    color: var(--_danger);
  }

  .notice {
    background: var(--_warning-wash);
  }

  .notice > svg {
    color: var(--_warning);
  }

  .failure-what {
    font-weight: 600;
  }

  .failure-code {
    color: var(--_muted);
    font-size: 0.75rem;
  }

  @container (max-width: 26rem) {
    .failure {
      grid-template-columns: auto 1fr;
    }

    .failure button {
      grid-column: 2;
      justify-self: start;
    }
  }

  .levels {
    display: grid;
    gap: 0.375rem;
  }

  .lane {
    display: grid;
    grid-template-columns: minmax(2.25rem, auto) 1fr;
    gap: 0.625rem;
    align-items: center;
  }

  .lane.user,
  .turn.user {
    --_voice: var(--_user);
  }

  .lane.bot,
  .turn.bot {
    --_voice: var(--_bot);
  }

  .lane-name {
    color: var(--_voice);
    font-size: 0.8125rem;
    font-weight: 600;
  }

  .meter {
    block-size: 0.625rem;
    overflow: hidden;
    background: var(--_line);
    /* A row of bars, cut out of the whole meter. */
    mask: repeating-linear-gradient(to right, #000 0 4px, transparent 4px 7px);
  }

  .meter-fill {
    inline-size: calc(var(--level, 0) * 100%);
    block-size: 100%;
    background: var(--_voice);
  }
`;
