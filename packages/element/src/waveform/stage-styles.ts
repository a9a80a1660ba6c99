import { css } from 'lit';

/** The waveform and its two meters. Time runs from left to right in every language, as it does on every player. */
export const stageStyles = css`
  .stage {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    gap: 0.625rem;
    padding: 0.625rem 0.75rem 0.375rem;
    border-radius: var(--_radius-inner);
    background: var(--_well);
    direction: ltr;
    /* Its colour and those of the names are the tape's: a change is heard by this transition, whatever brought it. */
    transition: background-color 1ms;
    forced-color-adjust: none;
  }

  .tape-window {
    position: relative;
    block-size: var(--turn-tape-waveform-height, 10rem);
    overflow: hidden;
  }

  @container (max-width: 26rem) {
    .tape-window {
      block-size: var(--turn-tape-waveform-height, 8.5rem);
    }
  }

  canvas {
    position: absolute;
    inset-block-start: 0;
    left: 0;
    will-change: transform;
  }

  /* What is past fades out of the window. */
  :host([phase='recording']) .tape-window::after {
    position: absolute;
    inset-block: 0;
    left: 0;
    inline-size: 2.5rem;
    background: linear-gradient(to right, var(--_well), transparent);
    content: '';
  }

  .lane-names {
    display: grid;
    grid-template-rows: 1fr 1fr;
    min-inline-size: 2rem;
    max-inline-size: 6rem;
    padding-block-end: 18px;
  }

  .lane-name {
    align-self: center;
    overflow: hidden;
    font-size: 0.8125rem;
    font-weight: 600;
    text-overflow: ellipsis;
    white-space: nowrap;
    transition: color 1ms;
  }

  .lane-name.user {
    color: var(--_user);
  }

  .lane-name.bot {
    color: var(--_bot);
  }

  .paint-line {
    color: var(--_edge);
  }

  .paint-text {
    color: var(--_muted);
  }

  .paint-cut {
    color: var(--_text);
  }

  .paint-gap {
    color: var(--_danger);
  }

  .levels {
    display: grid;
    grid-template-rows: 1fr 1fr;
    gap: 4px;
    padding-block-end: 18px;
  }

  .meter {
    inline-size: 6px;
    overflow: hidden;
    border-radius: 3px;
    background: var(--_line);
  }

  .meter-fill {
    block-size: 100%;
    border-radius: 3px;
    background: var(--_voice);
    transform: scaleY(0);
  }

  .meter.user {
    --_voice: var(--_user);
  }

  .meter.user .meter-fill {
    transform-origin: bottom;
  }

  .meter.bot {
    --_voice: var(--_bot);
  }

  .meter.bot .meter-fill {
    transform-origin: top;
  }

  @media (forced-colors: active) {
    .stage {
      border: 1px solid CanvasText;
    }

    .meter {
      border: 1px solid CanvasText;
      background: Canvas;
    }
  }
`;
