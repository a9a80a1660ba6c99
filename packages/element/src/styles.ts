import { css } from 'lit';
import { controlStyles } from './controls/control-styles.ts';
import { deliveryStyles } from './delivery/delivery-styles.ts';
import { buttonStyles, panelStyles } from './panel-styles.ts';
import { tokenStyles } from './tokens.ts';
import { turnLook } from './turn-look.ts';
import { turnStyles } from './turn-styles.ts';
import { stageStyles } from './waveform/stage-styles.ts';

/** The head of it. */
const baseStyles = css`
  svg {
    display: block;
    flex: none;
  }

  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: 0;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .header {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    min-block-size: 2.25rem;
  }

  .lamp {
    flex: none;
    inline-size: 0.625rem;
    block-size: 0.625rem;
    border: 1px solid transparent;
    border-radius: 50%;
    background: var(--_edge);
  }

  :host([phase='starting']) .lamp,
  :host([phase='suspended']) .lamp,
  :host([phase='stopping']) .lamp {
    background: var(--_warning);
  }

  :host([phase='recording']) .lamp {
    background: var(--_danger);
    box-shadow: 0 0 0 4px color-mix(in srgb, var(--_danger) 20%, transparent);
  }

  :host([phase='ended']) .lamp {
    background: var(--_good);
  }

  :host([phase='failed']) .lamp {
    background: var(--_danger);
  }

  .status {
    min-inline-size: 0;
    font-size: 1rem;
    font-weight: 600;
    letter-spacing: -0.006em;
  }

  .clock {
    margin-inline-start: auto;
    color: var(--_text);
    font-size: 1.375rem;
    font-weight: 500;
    font-variant-numeric: tabular-nums;
    letter-spacing: -0.02em;
    line-height: 1;
  }

  .clock.resting {
    color: var(--_muted);
  }
`;

/** All styles of the element. */
export const styles = [
  tokenStyles,
  baseStyles,
  buttonStyles,
  panelStyles,
  stageStyles,
  controlStyles,
  turnLook,
  turnStyles,
  deliveryStyles,
];
