import { css } from 'lit';

/** Start, stop, mute, push-to-talk and the choice of devices. */
export const controlStyles = css`
  .controls {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem;
  }

  .main {
    min-inline-size: 7.5rem;
  }

  .mute[aria-pressed='true'] {
    border-color: var(--_warning);
    background: var(--_warning-wash);
    color: var(--_warning);
  }

  .sound {
    display: flex;
    flex: 0 1 10.5rem;
    align-items: center;
    min-inline-size: 0;
    padding-inline-end: 0.875rem;
    border: 1px solid var(--_line);
    border-radius: 999px;
  }

  /* The frame around both is as high as what stands beside it. */
  .deafen {
    inline-size: 2.75rem;
    margin-block: -1px;
    margin-inline-start: -1px;
    padding: 0;
    color: var(--_muted);
  }

  .deafen:hover {
    background: var(--_well);
  }

  .deafen[aria-pressed='true'] {
    border-color: var(--_warning);
    background: var(--_warning-wash);
    color: var(--_warning);
  }

  .volume {
    flex: 1 1 3rem;
    min-inline-size: 2.5rem;
    block-size: 2.625rem;
    margin: 0;
    margin-inline-start: 0.375rem;
    accent-color: var(--_muted);
    cursor: pointer;
  }

  .deafen[aria-pressed='true'] + .volume {
    opacity: 0.5;
  }

  .device {
    position: relative;
    display: flex;
    flex: 1 1 0;
    align-items: center;
    min-inline-size: 0;
    max-inline-size: 18rem;
    color: var(--_muted);
  }

  .device > svg,
  .caret {
    position: absolute;
    inset-inline-start: 0.875rem;
    pointer-events: none;
  }

  .caret {
    inset-inline: auto 0.875rem;
  }

  /* Both beside the buttons where there is room for both, and else below them: never one above the other. */
  .devices {
    display: flex;
    flex: 1 1 18rem;
    justify-content: flex-end;
    gap: 0.5rem;
    min-inline-size: 0;
  }

  .devices:has(> :only-child) {
    flex-basis: 10rem;
  }

  select {
    inline-size: 100%;
    min-block-size: 2.75rem;
    padding-inline: 2.375rem 2.125rem;
    border: 1px solid var(--_line);
    border-radius: 999px;
    background: none;
    color: var(--_text);
    font: inherit;
    font-size: 0.875rem;
    text-overflow: ellipsis;
    appearance: none;
    cursor: pointer;
  }

  select:hover {
    background: var(--_well);
  }

  option {
    background: var(--_surface);
    color: var(--_text);
  }

  .talk {
    flex: 1 0 100%;
    min-block-size: 4rem;
    border: 1px solid var(--_user);
    border-radius: var(--_radius-inner);
    color: var(--_user);
    font-size: 1.0625rem;
    /* A finger that holds neither scrolls, selects nor opens a menu. */
    touch-action: none;
    user-select: none;
    -webkit-user-select: none;
    -webkit-touch-callout: none;
    -webkit-tap-highlight-color: transparent;
  }

  .talk:hover:enabled {
    background: color-mix(in srgb, var(--_user) 8%, transparent);
  }

  .talk[aria-pressed='true'],
  .talk[aria-pressed='true']:hover {
    background: var(--_user);
    color: var(--_surface);
  }

  .talk-hint {
    flex: 1 0 100%;
    color: var(--_muted);
    font-size: 0.8125rem;
    text-align: center;
  }

  @container (max-width: 26rem) {
    .main {
      flex: 1 1 auto;
    }

    .sound {
      flex: 1 1 100%;
    }

    .devices {
      flex-basis: 100%;
    }

    .device {
      max-inline-size: none;
    }
  }
`;
