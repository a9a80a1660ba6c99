import { css } from 'lit';

/** Colours, and the frame around everything: of the recorder and of the player. Light and dark follow the page's `color-scheme`. */
export const tokenStyles = css`
  :host {
    --_surface: var(--turn-tape-surface, light-dark(#ffffff, #1a1c20));
    --_text: var(--turn-tape-text, light-dark(#17191d, #eceef1));
    --_muted: var(--turn-tape-muted, light-dark(#5c6470, #a0a8b4));
    --_line: var(--turn-tape-line, light-dark(#e4e6ea, #31353c));
    --_accent: var(--turn-tape-accent, light-dark(#17191d, #eceef1));
    --_on-accent: var(--turn-tape-on-accent, light-dark(#ffffff, #17191d));
    --_user: var(--turn-tape-user, light-dark(#2460c8, #82aeff));
    --_bot: var(--turn-tape-bot, light-dark(#a8500f, #f0a468));
    --_danger: var(--turn-tape-danger, light-dark(#bf2b2b, #ff8a80));
    --_warning: var(--turn-tape-warning, light-dark(#8a5a00, #f2c14e));
    --_warning-wash: light-dark(#fdf3d3, #3a3220);
    --_good: light-dark(#1f7a46, #7bd6a1);
    --_radius: var(--turn-tape-radius, 16px);

    display: block;
    container-type: inline-size;
    color-scheme: light dark;
    color: var(--_text);
    font: 400 0.9375rem/1.45 var(--turn-tape-font, system-ui, sans-serif);
    text-align: start;
  }

  :host([hidden]) {
    display: none;
  }

  * {
    box-sizing: border-box;
  }

  p,
  ol {
    margin: 0;
    padding: 0;
  }

  .base {
    display: grid;
    gap: 0.875rem;
    padding: 1rem;
    overflow: hidden;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
  }
`;
