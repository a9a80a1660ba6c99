import { css } from 'lit';

/** Buttons with a word on them. */
export const buttonStyles = css`
  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    flex: none;
    min-block-size: 2.75rem;
    padding: 0 1.125rem;
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
  select:focus-visible,
  input:focus-visible,
  .turns:focus-visible,
  [tabindex]:focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }

  /* Not faded: what cannot be pressed must still be read. */
  button:disabled {
    border: 1px dashed var(--_edge);
    background: none;
    color: var(--_muted);
    cursor: default;
  }

  .primary {
    background: var(--_accent);
    color: var(--_on-accent);
  }

  .primary:enabled svg {
    color: light-dark(#ff7b72, #c93030);
  }

  .primary:hover:enabled {
    background: color-mix(in srgb, var(--_accent) 86%, var(--_surface));
  }

  .stop {
    border-color: color-mix(in srgb, var(--_danger) 50%, transparent);
    color: var(--_danger);
  }

  .stop:hover:enabled {
    background: var(--_danger-wash);
  }

  .plain {
    border-color: var(--_line);
  }

  .plain:hover:enabled {
    background: var(--_well);
  }

  .quiet {
    min-block-size: 2rem;
    padding-inline: 0.75rem;
    border-color: color-mix(in srgb, currentColor 35%, transparent);
    font-size: 0.8125rem;
  }

  .quiet:hover:enabled {
    background: color-mix(in srgb, currentColor 8%, transparent);
  }

  @media (forced-colors: active) {
    button {
      border-color: ButtonBorder;
    }

    button[aria-pressed='true'] {
      border-color: Highlight;
      outline: 2px solid Highlight;
    }
  }

  @media (pointer: coarse) {
    .quiet {
      min-block-size: 2.75rem;
    }
  }
`;

/** The consent gate, what went wrong, and the question before something is erased. */
export const panelStyles = css`
  .consent {
    display: grid;
    gap: 1rem;
    justify-items: start;
    padding: 1.125rem;
    border-radius: var(--_radius-inner);
    background: var(--_well);
  }

  .consent-text {
    max-inline-size: 60ch;
  }

  .notices {
    display: grid;
    gap: 0.5rem;
  }

  .failure {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    gap: 0.25rem 0.75rem;
    align-items: start;
    padding: 0.75rem 0.875rem;
    border-radius: var(--_radius-inner);
    color: var(--_text);
    font-size: 0.875rem;
  }

  .failure > svg {
    margin-block-start: 0.125rem;
  }

  .failure-actions {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }

  .alarm {
    background: var(--_danger-wash);
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
    margin-block-start: 0.125rem;
    color: var(--_muted);
    font-size: 0.75rem;
  }

  @container (max-width: 30rem) {
    .failure {
      grid-template-columns: auto minmax(0, 1fr);
    }

    .failure-actions {
      grid-column: 2;
    }

    .failure-actions:not(:empty) {
      margin-block-start: 0.5rem;
    }
  }

  dialog {
    max-inline-size: min(26rem, calc(100vw - 2rem));
    padding: 1.25rem;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
    color: var(--_text);
  }

  dialog::backdrop {
    background: rgb(10 12 16 / 55%);
  }

  dialog h2 {
    margin: 0 0 0.375rem;
    font-size: 1.0625rem;
  }

  .dialog-actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 0.5rem;
    margin-block-start: 1.25rem;
  }

  /* More answers than a row has room for stand below each other, each as wide as the others. */
  .dialog-actions:has(> :nth-child(3)) {
    display: grid;
    justify-content: stretch;
  }

  .destroy {
    background: var(--_danger);
    color: var(--_surface);
  }

  .destroy:hover {
    background: color-mix(in srgb, var(--_danger) 86%, var(--_text));
  }

  @media (forced-colors: active) {
    .failure,
    .consent {
      border: 1px solid CanvasText;
    }
  }
`;
