import { html, svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import type { TroubleName } from '../demo-trouble.ts';

const icon = (shape: SVGTemplateResult): TemplateResult =>
  html`<svg
    viewBox="0 0 20 20"
    width="20"
    height="20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.6"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    ${shape}
  </svg>`;

/** One for each switch, on a grid of 20. */
export const TROUBLE_ICONS: Readonly<Record<TroubleName, TemplateResult>> = {
  block: icon(
    svg`<path d="M10 2.5v15M3.5 6.2l13 7.6M16.5 6.2l-13 7.6M7.8 3.8 10 5.9l2.2-2.1M7.8 16.2 10 14.1l2.2 2.1" />`,
  ),
  plug: icon(svg`<path d="M7.5 2.5v4M12.5 2.5v4M5 6.5h10v3a5 5 0 0 1-10 0ZM10 14.5v3" />`),
  server: icon(svg`<path d="M3.5 3.5h13v5.5h-13ZM3.5 11h13v5.5h-13ZM6.2 6.2h.1M6.2 13.7h.1M9.5 6.2h4M9.5 13.7h4" />`),
  disk: icon(
    svg`<path d="M3.5 5c0-1.4 2.9-2.5 6.5-2.5s6.5 1.1 6.5 2.5v10c0 1.4-2.9 2.5-6.5 2.5S3.5 16.4 3.5 15ZM3.5 5c0 1.4 2.9 2.5 6.5 2.5s6.5-1.1 6.5-2.5M3.5 10c0 1.4 2.9 2.5 6.5 2.5s6.5-1.1 6.5-2.5" />`,
  ),
  consent: icon(
    svg`<path d="M10 17.5c4-1.6 6.2-4.4 6.2-8.8V4.9L10 2.5 3.8 4.9v3.8c0 4.4 2.2 7.2 6.2 8.8ZM7.8 7.8l4.4 4.4M12.2 7.8l-4.4 4.4" />`,
  ),
};
