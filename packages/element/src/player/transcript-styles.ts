import { css } from 'lit';

/** The list of turns under the timeline. */
export const transcriptStyles = css`
  .transcript {
    position: relative;
    max-block-size: var(--turn-tape-list-height, 24rem);
    margin-inline: -1rem;
    margin-block-end: -1rem;
    padding-block: 0.375rem;
    overflow-y: auto;
    overscroll-behavior: contain;
    border-block-start: 1px solid var(--_line);
    list-style: none;
    scrollbar-width: thin;
  }

  .turn {
    display: grid;
    grid-template-columns: 2.25rem minmax(0, 1fr);
    gap: 0.75rem;
    align-items: start;
    padding: 0.5rem 1rem;
    border-inline-start: 3px solid transparent;
  }

  .turn[data-current] {
    border-inline-start-color: var(--_voice);
    background: color-mix(in srgb, var(--_voice) 8%, transparent);
  }

  .play,
  .no-play {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    inline-size: 2.25rem;
    block-size: 2.25rem;
    min-block-size: 0;
    margin-block-start: 0.125rem;
    padding: 0;
    border-radius: 50%;
  }

  .play {
    background: color-mix(in srgb, var(--_voice) 14%, transparent);
    color: var(--_voice);
  }

  .no-play {
    border: 1px dashed color-mix(in srgb, var(--_muted) 60%, transparent);
    color: var(--_muted);
  }

  .turn-body {
    display: grid;
    gap: 0.125rem;
    min-inline-size: 0;
  }

  .turn-head,
  .turn-foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.125rem 0.5rem;
    min-inline-size: 0;
    font-size: 0.8125rem;
  }

  .at,
  .turn-foot {
    color: var(--_muted);
  }

  .duration {
    margin-inline-start: auto;
    color: var(--_muted);
  }

  .words {
    display: block;
    inline-size: fit-content;
    max-inline-size: 100%;
    min-block-size: 1.5rem;
    margin-inline: -0.25rem;
    padding: 0 0.25rem;
    border: 0;
    border-radius: 4px;
    unicode-bidi: plaintext;
    font-weight: 400;
    line-height: inherit;
    text-align: start;
    overflow-wrap: anywhere;
  }

  .words:hover {
    background: color-mix(in srgb, var(--_text) 6%, transparent);
  }

  .words.none {
    color: var(--_muted);
    font-style: italic;
  }

  .unspoken {
    color: var(--_muted);
    text-decoration: line-through dotted;
  }

  .turn-foot:empty {
    display: none;
  }

  .fact + .fact::before {
    content: '· ';
    margin-inline-end: 0.1rem;
  }

  .fact.state {
    display: inline-flex;
    align-items: center;
    gap: 0.3rem;
    overflow-wrap: anywhere;
  }

  .fact.state::before {
    content: none;
  }

  .fact.state svg {
    inline-size: 0.875rem;
    block-size: 0.875rem;
  }

  .small span,
  .hole span {
    unicode-bidi: plaintext;
  }

  .small {
    min-block-size: 1.5rem;
    padding: 0 0.4rem;
    gap: 0.25rem;
    border-radius: 6px;
    color: var(--_muted);
    font-size: 0.75rem;
  }

  .small svg {
    inline-size: 0.875rem;
    block-size: 0.875rem;
  }

  .ghost {
    border: 1px dashed color-mix(in srgb, var(--_voice) 60%, transparent);
    color: var(--_voice);
  }

  .save {
    margin-inline: -0.25rem;
  }

  .hole {
    display: flex;
    align-items: center;
    gap: 0.4rem;
    padding: 0.25rem 1rem 0.25rem calc(1rem + 3px);
    color: var(--_muted);
    font-size: 0.8125rem;
  }

  .hole::before,
  .hole::after {
    content: '';
    flex: 1;
    border-block-start: 1px solid var(--_line);
  }

  .hole.gap {
    color: var(--_danger);
  }

  @media (forced-colors: active) {
    .turn[data-current] {
      border-inline-start-color: Highlight;
    }

    .play,
    .ghost,
    .small {
      border: 1px solid ButtonText;
    }
  }
`;
