import { css } from 'lit';

/** How a turn looks in both lists: whose it is, and that it was cut. */
export const turnLook = css`
  .play:hover {
    background: color-mix(in srgb, var(--_voice) 26%, transparent);
  }

  .speaker {
    color: var(--_voice);
    font-weight: 600;
  }

  .interrupted {
    padding: 0 0.45rem;
    border-radius: 999px;
    background: var(--_warning-wash);
    color: var(--_warning);
    font-size: 0.75rem;
    font-weight: 600;
    line-height: 1.25rem;
  }

  .turn.user {
    --_voice: var(--_user);
  }

  .turn.bot {
    --_voice: var(--_bot);
  }
`;
