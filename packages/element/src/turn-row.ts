import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { DELIVERY_ICONS, PLAY_ICON, STOP_ICON } from './icons.ts';
import { type RunningTimes, TIMES_STEP_MS } from './running-times.ts';
import { spokenTemplate, spokenText } from './spoken-text.ts';
import type { TurnTapeTexts } from './texts.ts';
import { deliveryOf, durationOf } from './turn-list.ts';
import type { TurnRow } from './turn-list.ts';
import type { Playing } from './turn-player.ts';

/** The dot of an open turn fades and comes back in so many steps of the running times. */
const BEATS = 8;

/** What a row needs besides its turn. */
export interface TurnRowView {
  texts: TurnTapeTexts;
  /** 1 for the first turn of the session. */
  position: number;
  /** For the length of an open turn. */
  times: RunningTimes;
  /** What a whole row of tape stands for, in milliseconds. */
  scaleMs: number;
  playing: Playing | undefined;
  onPlay: (row: TurnRow) => void;
}

/** The length of tape that a turn needs: what was said, and of the bot also what nobody heard. */
export function tapeMs(row: TurnRow, nowMs: number): number {
  return Math.max(durationOf(row, nowMs), row.generatedMs ?? 0);
}

/** One turn: who, how long, what was heard of it, where its file is. */
export function turnRowTemplate(row: TurnRow, view: TurnRowView): TemplateResult {
  const { texts, times } = view;
  const delivery = deliveryOf(row);
  const speaker = texts[row.speaker];
  return html`
    <li
      part="turn turn-${row.speaker}"
      class="turn ${row.speaker}"
      data-turn-id=${row.turnId}
      data-speaker=${row.speaker}
      data-delivery=${delivery}
      ?data-interrupted=${row.interrupted}
    >
      ${playButton(row, view)}
      <div class="turn-head">
        <span class="speaker" part="speaker">${speaker}</span>
        ${row.interrupted ? html`<span class="interrupted" part="interrupted">${texts.interrupted}</span>` : nothing}
        <span class="duration" part="duration"
          >${grown(row, times, (nowMs) => texts.duration(durationOf(row, nowMs)))}</span
        >
      </div>
      ${tapeTemplate(row, view)}
      ${row.words.length === 0 ? nothing : html`<p class="words" part="words" dir="auto">${wordsOf(row, texts)}</p>`}
      <div class="turn-foot">
        <span class="facts" part="facts">${factsOf(row, texts).map((fact) => html`<span>${fact}</span> `)}</span>
        <span
          class="delivery"
          part="delivery delivery-${delivery}"
          title=${texts.deliveryHint[delivery]}
          data-beat=${row.endMs === undefined ? times.growing(beatAt) : nothing}
        >
          ${DELIVERY_ICONS[delivery]}<span>${texts.delivery[delivery]}</span>
        </span>
      </div>
    </li>
  `;
}

/** What grows as long as the turn is open. */
function grown(row: TurnRow, times: RunningTimes, textAt: (nowMs: number) => string): unknown {
  return row.endMs === undefined ? times.growing(textAt) : textAt(times.nowMs);
}

/** How far the dot has faded: 0 to 4 and back. */
function beatAt(nowMs: number): string {
  const beat = Math.round(nowMs / TIMES_STEP_MS) % BEATS;
  return String(Math.min(beat, BEATS - beat));
}

/** What was said, as one text. */
function wordsOf({ words }: TurnRow, { notHeard }: TurnTapeTexts): TemplateResult[] {
  return spokenTemplate(words.map(spokenText), notHeard);
}

function playButton(row: TurnRow, { texts, position, times, playing, onPlay }: TurnRowView): TemplateResult {
  // Nothing to press while the turn runs, and for one that has no file.
  if (!row.segments.some(({ hasAudio }) => hasAudio)) return html`<span class="no-play" aria-hidden="true"></span>`;
  const active = playing?.turnId === row.turnId;
  const speaker = texts[row.speaker];
  const label = active
    ? texts.stopPlaying(speaker, position)
    : texts.play(speaker, position, texts.duration(durationOf(row, times.nowMs)));
  return html`
    <button
      type="button"
      class="play"
      part="play-button"
      aria-label=${label}
      aria-busy=${playing?.status === 'loading' && active ? 'true' : 'false'}
      @click=${() => onPlay(row)}
    >
      ${active ? STOP_ICON : PLAY_ICON}
    </button>
  `;
}

/** A stretch of tape as long as the turn; of a cut bot turn, what was generated and never heard is drawn as a ghost. */
function tapeTemplate(row: TurnRow, { times, scaleMs }: TurnRowView): TemplateResult {
  const heardMs = (nowMs: number): number =>
    row.interrupted && row.heardMs !== null ? row.heardMs : durationOf(row, nowMs);
  const unheardMs = row.interrupted ? tapeMs(row, times.nowMs) - heardMs(times.nowMs) : 0;
  // Set as a property: a content policy may forbid the attribute.
  const length = (ms: number): string => `inline-size: ${Math.round((1000 * ms) / scaleMs) / 10}%`;
  return html`
    <div class="tape" part="tape" aria-hidden="true">
      <div class="tape-heard" part="tape-heard" .style=${grown(row, times, (nowMs) => length(heardMs(nowMs)))}></div>
      ${
        unheardMs > 0 ? html`<div class="tape-unheard" part="tape-unheard" .style=${length(unheardMs)}></div>` : nothing
      }
    </div>
  `;
}

function factsOf(row: TurnRow, texts: TurnTapeTexts): string[] {
  const { speaker, startMs, responseLatencyMs, heardMs, generatedMs } = row;
  const facts = [texts.beganAt(startMs)];
  if (speaker === 'bot' && responseLatencyMs !== null) facts.push(texts.answeredAfter(responseLatencyMs));
  if (speaker === 'bot' && heardMs !== null) facts.push(texts.heard(heardMs, generatedMs));
  return facts;
}
