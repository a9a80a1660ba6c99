import { css } from 'lit';

/** The lanes: in every script time runs from left to right, as on every timeline. */
export const timelineStyles = css`
  .stage {
    display: grid;
    grid-template-columns: 8.5rem minmax(0, 1fr);
    grid-template-areas: 'corner strip' 'heads tracks';
    gap: 0.5rem 0.75rem;
    direction: ltr;
  }

  .overview {
    grid-area: strip;
    display: block;
    inline-size: 100%;
    block-size: 2.25rem;
    border-radius: 6px;
    background: color-mix(in srgb, var(--_text) 4%, transparent);
    cursor: grab;
    touch-action: none;
  }

  .overview:active {
    cursor: grabbing;
  }

  .lane-heads {
    grid-area: heads;
    display: grid;
    grid-template-rows: 1fr 1fr;
    gap: 10px;
    padding-block-start: 22px;
  }

  .lane-head {
    display: grid;
    grid-template-columns: 1fr auto;
    align-content: center;
    align-items: center;
    gap: 0 0.375rem;
    padding-inline-start: 0.625rem;
    border-inline-start: 3px solid var(--_voice);
    border-radius: 2px;
  }

  .lane-head.user {
    --_voice: var(--_user);
  }

  .lane-head.bot {
    --_voice: var(--_bot);
  }

  .lane-name {
    overflow: hidden;
    color: var(--_voice);
    font-size: 0.875rem;
    font-weight: 600;
    text-overflow: ellipsis;
  }

  input[type='range'] {
    grid-column: 1 / -1;
    inline-size: 100%;
    min-inline-size: 0;
    block-size: 1.5rem;
    margin: 0;
    accent-color: var(--_voice);
    cursor: pointer;
  }

  .icon {
    inline-size: 2.25rem;
    block-size: 2.25rem;
    min-block-size: 0;
    padding: 0;
    color: var(--_text);
  }

  .icon:hover:enabled,
  .small:hover {
    background: color-mix(in srgb, var(--_text) 8%, transparent);
  }

  .mute {
    inline-size: 1.75rem;
    block-size: 1.75rem;
    color: var(--_muted);
  }

  .mute[aria-pressed='true'] {
    background: color-mix(in srgb, var(--_danger) 12%, transparent);
    color: var(--_danger);
  }

  .tracks {
    grid-area: tracks;
    position: relative;
    block-size: var(--turn-tape-lanes-height, 11.5rem);
    border-radius: 6px;
    cursor: text;
    touch-action: pan-y;
    user-select: none;
    -webkit-user-select: none;
  }

  .tracks:focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 3px;
  }

  .lanes {
    display: block;
    inline-size: 100%;
    block-size: 100%;
    border-radius: inherit;
  }

  .playhead {
    position: absolute;
    inset-block: 17px 0;
    left: -1px;
    inline-size: 2px;
    border-radius: 1px;
    background: var(--_text);
    pointer-events: none;
  }

  .playhead::before {
    content: '';
    position: absolute;
    top: -5px;
    left: -4px;
    inline-size: 10px;
    block-size: 10px;
    border: 2px solid var(--_surface);
    border-radius: 50%;
    background: var(--_text);
    box-sizing: border-box;
    transform: scale(1.4);
  }

  .playhead[hidden],
  .bubble[hidden] {
    display: none;
  }

  .bubble {
    position: absolute;
    top: 0;
    left: 0;
    padding: 0 0.5rem;
    border-radius: 999px;
    background: var(--_text);
    color: var(--_surface);
    font-size: 0.75rem;
    font-variant-numeric: tabular-nums;
    line-height: 1.375rem;
    pointer-events: none;
  }

  .probe {
    position: absolute;
    forced-color-adjust: none;
    visibility: hidden;
    pointer-events: none;
  }

  .skeleton {
    block-size: 13.75rem;
    border-radius: 6px;
    background: color-mix(in srgb, var(--_text) 5%, transparent);
    animation: pulse 1.6s ease-in-out infinite;
  }

  @container (max-width: 36rem) {
    .stage {
      grid-template-columns: minmax(0, 1fr);
      grid-template-areas: 'strip' 'tracks' 'heads';
    }

    .tracks {
      block-size: var(--turn-tape-lanes-height, 9.5rem);
    }

    .lane-heads {
      grid-template: auto / 1fr 1fr;
      padding: 0;
    }

    .lane-head {
      grid-template-columns: auto auto 1fr;
    }

    input[type='range'] {
      grid-column: auto;
    }
  }

  @media (forced-colors: active) {
    .playhead,
    .playhead::before {
      background: Highlight;
      forced-color-adjust: none;
    }
  }
`;
