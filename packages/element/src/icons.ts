import { svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';
import { html } from 'lit';
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
