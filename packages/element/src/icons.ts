import { svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import { html } from 'lit';
import type { Standing } from './delivery/standing.ts';
import type { TurnDelivery } from './turn-list.ts';

/** Drawn on a grid of 16, in the colour of the text around it; never read aloud, since a word stands beside each. */
const icon = (shape: SVGTemplateResult): TemplateResult =>
  html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">${shape}</svg>`;

const stroke = (path: string): SVGTemplateResult =>
  svg`<path d=${path} fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" />`;

export const PLAY_ICON = icon(
  svg`<path d="M5 3.2v9.6a.6.6 0 0 0 .92.5l7.3-4.8a.6.6 0 0 0 0-1L5.92 2.7A.6.6 0 0 0 5 3.2Z" fill="currentColor" />`,
);
export const STOP_ICON = icon(svg`<rect x="3.5" y="3.5" width="9" height="9" rx="1.5" fill="currentColor" />`);
export const RECORD_ICON = icon(svg`<circle cx="8" cy="8" r="4.5" fill="currentColor" />`);
export const WARNING_ICON = icon(
  stroke('M8 5.2v3.4M8 11.2v.1M7 2.6 1.7 12a1.2 1.2 0 0 0 1 1.8h10.6a1.2 1.2 0 0 0 1-1.8L9 2.6a1.2 1.2 0 0 0-2 0Z'),
);

export const MICROPHONE_ICON = icon(
  stroke('M8 1.9a2 2 0 0 0-2 2v3.6a2 2 0 1 0 4 0V3.9a2 2 0 0 0-2-2ZM3.6 7.3a4.4 4.4 0 0 0 8.8 0M8 11.7v2.4'),
);
export const MUTED_ICON = icon(
  stroke(
    'M6 6.2v1.3a2 2 0 0 0 3.2 1.6M10 7V3.9a2 2 0 0 0-3.9-.6M3.6 7.3a4.4 4.4 0 0 0 7 3.6M12.4 7.3q0 .7-.2 1.4M8 11.7v2.4M2.2 2.2l11.6 11.6',
  ),
);
export const SPEAKER_ICON = icon(
  stroke('M2.5 6.2v3.6h2.3L8 12.6V3.4L4.8 6.2ZM10.4 6a2.8 2.8 0 0 1 0 4M12.4 4a5.6 5.6 0 0 1 0 8'),
);
export const SPEAKER_OFF_ICON = icon(stroke('M2.5 6.2v3.6h2.3L8 12.6V3.4L4.8 6.2ZM10.6 6.3l3.4 3.4M14 6.3l-3.4 3.4'));
export const CARET_ICON = icon(stroke('M4.5 6.5 8 10l3.5-3.5'));
export const SAVE_ICON = icon(stroke('M8 2.5v7.8M4.8 7.3 8 10.5l3.2-3.2M2.8 13.3h10.4'));
export const WITHDRAW_ICON = icon(
  stroke('M8 1.9l5 1.8v3.9c0 3.2-2.1 5.3-5 6.5-2.9-1.2-5-3.3-5-6.5V3.7zM6.3 6.3l3.4 3.4M9.7 6.3 6.3 9.7'),
);
export const ERASE_ICON = icon(stroke('M2.8 4.4h10.4M6.2 4.2V2.7h3.6v1.5M4.2 4.6l.6 8.7h6.4l.6-8.7'));

/** One for each place between the microphone and the backend. */
export const DELIVERY_ICONS: Readonly<Record<TurnDelivery, TemplateResult>> = {
  recording: icon(svg`<circle class="pulse" cx="8" cy="8" r="3.5" fill="currentColor" />`),
  keeping: icon(
    svg`<circle cx="8" cy="8" r="3.5" fill="none" stroke="currentColor" stroke-width="1.75" stroke-dasharray="3 2.5" />`,
  ),
  kept: icon(
    stroke('M3 8.5h10M3 8.5l1.6-4.6A1 1 0 0 1 5.5 3.2h5a1 1 0 0 1 .9.7L13 8.5v3a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1Z'),
  ),
  sent: icon(stroke('M8 12.5v-9M4.2 7 8 3.2 11.8 7')),
  acknowledged: icon(stroke('M3 8.6 6.4 12 13 4.6')),
  rejected: icon(stroke('M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6')),
  discarded: icon(stroke('M4 8h8')),
};

/** One for each standing of the whole delivery. */
export const STANDING_ICONS: Readonly<Record<Standing, TemplateResult>> = {
  local: DELIVERY_ICONS.kept,
  delivered: DELIVERY_ICONS.acknowledged,
  sending: DELIVERY_ICONS.sent,
  waiting: icon(stroke('M8 4.6V8l2.3 1.6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z')),
  offline: icon(
    stroke(
      'M2.2 2.2l11.6 11.6M1.8 6.3A9 9 0 0 1 5 4.4M7.6 3.7a9 9 0 0 1 6.6 2.6M4.2 8.9A5.6 5.6 0 0 1 7 7.5M8 12.4v.1',
    ),
  ),
  rejected: WARNING_ICON,
  paused: icon(stroke('M5.7 3.5v9M10.3 3.5v9')),
};
