import { css } from 'lit';

/** The list of turns: each like a voice message, with a stretch of tape as long as it lasted. */
export const turnStyles = css`
  .empty {
    padding-block: 1.25rem;
    color: var(--_muted);
    text-align: center;
  }

  .turns {
    max-block-size: var(--turn-tape-list-height, 26rem);
    margin-inline: -1.25rem;
    overflow-y: auto;
    overscroll-behavior: contain;
    border-block: 1px solid var(--_line);
  }

  .turns:focus-visible {
    outline-offset: -3px;
  }

  ol {
    list-style: none;
  }

  .turn {
    display: grid;
    grid-template-columns: 2.5rem 1fr;
    column-gap: 0.75rem;
    row-gap: 0.25rem;
    align-items: center;
    padding: 0.75rem 1.25rem;
  }

  .turn + .turn {
    border-block-start: 1px solid color-mix(in srgb, var(--_line) 60%, transparent);
  }

  @container (max-width: 26rem) {
    .turns {
      margin-inline: -1rem;
    }

    .turn {
      padding-inline: 1rem;
    }
  }

  .play,
  .no-play {
    grid-row: 1 / 5;
    align-self: start;
    inline-size: 2.5rem;
    block-size: 2.5rem;
    min-block-size: 0;
    padding: 0;
  }

  .play {
    border-radius: 50%;
    background: color-mix(in srgb, var(--_voice) 14%, transparent);
    color: var(--_voice);
  }

  .play[aria-busy='true'] {
    border: 1px dashed currentColor;
  }

  .no-play {
    border: 1px dashed var(--_line);
    border-radius: 50%;
  }

  .turn-head,
  .turn-foot {
    grid-column: 2;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.125rem 0.5rem;
    min-inline-size: 0;
  }

  .duration {
    margin-inline-start: auto;
    font-variant-numeric: tabular-nums;
  }

  /* Numbers with their units keep their order in a page that is written from right to left. */
  .duration,
  .facts span,
  .clock,
  .standing span {
    unicode-bidi: plaintext;
  }

  .tape {
    grid-column: 2;
    display: flex;
    gap: 2px;
    block-size: 0.5rem;
  }

  .tape-heard,
  .tape-unheard {
    min-inline-size: 3px;
    border-radius: 2px;
  }

  .tape-heard {
    background: var(--_voice);
  }

  .tape-unheard {
    border: 1px dashed color-mix(in srgb, var(--_voice) 55%, transparent);
    background: color-mix(in srgb, var(--_voice) 8%, transparent);
  }

  .words {
    grid-column: 2;
    max-inline-size: 68ch;
    color: var(--_text);
    font-size: 0.875rem;
    overflow-wrap: anywhere;
  }

  .unspoken {
    color: var(--_muted);
    text-decoration: line-through dotted;
  }

  .turn[data-interrupted] .words::after {
    color: var(--_warning);
    content: '\\00a0—';
  }

  .turn-foot {
    min-block-size: 1.25rem;
    color: var(--_muted);
    font-size: 0.8125rem;
  }

  .facts {
    display: flex;
    flex-wrap: wrap;
    column-gap: 0.35rem;
    white-space: nowrap;
  }

  .facts span + span::before {
    content: '· ';
  }

  .delivery {
    display: inline-flex;
    align-items: center;
    gap: 0.25rem;
    margin-inline-start: auto;
  }

  .turn[data-delivery='recording'] .delivery,
  .turn[data-delivery='rejected'] .delivery {
    color: var(--_danger);
  }

  .turn[data-delivery='acknowledged'] .delivery {
    color: var(--_good);
  }

  /*
   * With the other things that grow, and in their frames: an animation has the browser count every frame of the screen.
   * Without a graphics card that alone costs as much as all the rest.
   */
  @media (prefers-reduced-motion: no-preference) {
    [data-beat='1'] .pulse {
      opacity: 0.84;
    }

    [data-beat='2'] .pulse {
      opacity: 0.68;
    }

    [data-beat='3'] .pulse {
      opacity: 0.51;
    }

    [data-beat='4'] .pulse {
      opacity: 0.35;
    }
  }

  @media (forced-colors: active) {
    .tape-heard {
      background: var(--_voice);
      forced-color-adjust: none;
    }

    .interrupted {
      border: 1px solid CanvasText;
    }
  }
`;
