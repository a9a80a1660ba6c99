import { html, svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';

/** Drawn on a grid of 16, in the colour of the text around it; never read aloud, since each button has a name. */
const icon = (shape: SVGTemplateResult): TemplateResult =>
  html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">${shape}</svg>`;

const stroke = (path: string): SVGTemplateResult =>
  svg`<path d=${path} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />`;

export const PAUSE_ICON = icon(
  svg`<rect x="3.75" y="3" width="3" height="10" rx="0.9" fill="currentColor" /><rect x="9.25" y="3" width="3" height="10" rx="0.9" fill="currentColor" />`,
);
export const PREVIOUS_ICON = icon(stroke('M4 3.5v9M12.2 3.9 6.6 8l5.6 4.1Z'));
export const NEXT_ICON = icon(stroke('M12 3.5v9M3.8 3.9 9.4 8l-5.6 4.1Z'));
export const ZOOM_IN_ICON = icon(stroke('M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.4 10.4l3.1 3.1M5 7h4M7 5v4'));
export const ZOOM_OUT_ICON = icon(stroke('M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.4 10.4l3.1 3.1M5 7h4'));
export const FIT_ICON = icon(stroke('M2 5V3.2h4M14 5V3.2h-4M2 11v1.8h4M14 11v1.8h-4M4.5 8h7'));
export const DOWNLOAD_ICON = icon(stroke('M8 2.5v7.2M4.8 6.8 8 10l3.2-3.2M3 13h10'));
export const ARCHIVE_ICON = icon(stroke('M2.5 3h11v3h-11ZM3.5 6v7h9V6M6.5 8.8h3'));
export const SPEAKER_ICON = icon(
  stroke('M2.5 6v4h2.4L8.3 13V3L4.9 6ZM10.8 5.8a3.2 3.2 0 0 1 0 4.4M12.7 4a5.8 5.8 0 0 1 0 8'),
);
export const SILENT_ICON = icon(stroke('M2.5 6v4h2.4L8.3 13V3L4.9 6ZM10.8 6.2l3.4 3.6M14.2 6.2l-3.4 3.6'));
export const LOCK_ICON = icon(stroke('M4 7.5h8v5.3H4ZM5.7 7.5V5.3a2.3 2.3 0 0 1 4.6 0v2.2'));
export const CLOUD_ICON = icon(
  stroke('M4.6 12.2a2.9 2.9 0 0 1-.3-5.8 3.9 3.9 0 0 1 7.5.8 2.5 2.5 0 0 1-.3 5ZM3 2.5l10.5 11'),
);
export const GHOST_ICON = icon(
  svg`<path d="M5 3.6v8.8l7-4.4Z" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 1.6" stroke-linejoin="round" />`,
);
export const MICROPHONE_OFF_ICON = icon(
  stroke(
    'M6 5V4a2 2 0 0 1 4 0v3.5M6 7.5a2 2 0 0 0 3 1.7M3.8 7.4a4.2 4.2 0 0 0 6.6 3.5M12.2 7.4c0 .8-.2 1.5-.6 2.2M8 11.8v2M3 2.5l10 11',
  ),
);
export const GAP_ICON = icon(stroke('M2 8h2.5M11.5 8H14M6 4.5l4 7M10 4.5l-4 7'));
export const REDACTION_ICON = icon(
  svg`<rect x="1.8" y="5.4" width="12.4" height="5.2" rx="1.2" fill="currentColor" />`,
);
