import { css } from 'lit';

/**
 * Colours, and the frame around everything: of the recorder and of the player. Colour belongs to the two voices; everything else is ink on paper, with
 * red for what is being recorded and amber for what was cut. Light and dark follow the page's `color-scheme`. Every pair of
 * text and ground has a contrast of 4.5 and more in both.
 */
export const tokenStyles = css`
  :host {
    --_surface: var(--turn-tape-surface, light-dark(#ffffff, #17191d));
    --_well: var(--turn-tape-well, light-dark(#f5f6f8, #0f1114));
    --_text: var(--turn-tape-text, light-dark(#14171c, #eef0f3));
    --_muted: var(--turn-tape-muted, light-dark(#59616e, #a3abb8));
    --_line: var(--turn-tape-line, light-dark(#e3e6ea, #2d3138));
    --_edge: light-dark(#868e9b, #767f8d);
    --_accent: var(--turn-tape-accent, light-dark(#14171c, #eef0f3));
    --_on-accent: var(--turn-tape-on-accent, light-dark(#ffffff, #14171c));
    --_user: var(--turn-tape-user, light-dark(#1f5fd0, #82aeff));
    --_bot: var(--turn-tape-bot, light-dark(#a8500f, #f0a468));
    --_danger: var(--turn-tape-danger, light-dark(#b92727, #ff8f86));
    --_warning: var(--turn-tape-warning, light-dark(#835500, #f2c14e));
    --_warning-wash: light-dark(#fdf3d6, #352d1b);
    --_danger-wash: light-dark(#fbecec, #3a2022);
    --_good: light-dark(#1b7242, #7bd6a1);
    --_radius: var(--turn-tape-radius, 16px);
    --_radius-inner: max(0px, calc(var(--_radius) - 6px));

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
    grid-template-columns: minmax(0, 1fr);
    gap: 1rem;
    padding: 1.25rem;
    overflow: hidden;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
  }

  @container (max-width: 26rem) {
    .base {
      gap: 0.875rem;
      padding: 1rem;
    }
  }

  /* The reader's own colours: what is active is Highlight, what is only there is text. */
  @media (forced-colors: active) {
    :host {
      --_surface: Canvas;
      --_well: Canvas;
      --_text: CanvasText;
      --_muted: CanvasText;
      --_line: CanvasText;
      --_edge: ButtonBorder;
      --_accent: ButtonText;
      --_on-accent: ButtonFace;
      --_user: Highlight;
      --_bot: CanvasText;
      --_danger: CanvasText;
      --_warning: CanvasText;
      --_warning-wash: Canvas;
      --_danger-wash: Canvas;
      --_good: CanvasText;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before {
      animation: none !important;
    }
  }
`;
