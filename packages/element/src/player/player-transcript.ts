import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { PLAY_ICON, STOP_ICON } from '../icons.ts';
import {
  CLOUD_ICON,
  DOWNLOAD_ICON,
  GAP_ICON,
  GHOST_ICON,
  LOCK_ICON,
  MICROPHONE_OFF_ICON,
  REDACTION_ICON,
  SILENT_ICON,
} from './player-icons.ts';
import { spokenTemplate } from '../spoken-text.ts';
import type { PlayerTexts } from './player-texts.ts';
import type { ReviewHole, ReviewPart, ReviewSession, ReviewTurn } from './review-session.ts';

/** What the list shows and does. Which turn is heard now is written by the element itself: it changes far more often. */
export interface TranscriptView {
  texts: PlayerTexts;
  session: ReviewSession;
  isGone: (part: ReviewPart) => boolean;
  /** The turn that is played alone, and the one whose unheard rest is. */
  alone: string | undefined;
  unheard: string | undefined;
  goTo: (turn: ReviewTurn) => void;
  playAlone: (turn: ReviewTurn) => void;
  playUnheard: (turn: ReviewTurn) => void;
  save: (turn: ReviewTurn, position: number) => void;
}

const HOLE_ICONS: Readonly<Record<ReviewHole['kind'], TemplateResult>> = {
  gap: GAP_ICON,
  quiet: GAP_ICON,
  mute: MICROPHONE_OFF_ICON,
  deafened: SILENT_ICON,
  redaction: REDACTION_ICON,
};

/** Every turn in order, and between them what is missing or silent. */
export function transcriptTemplate(view: TranscriptView): TemplateResult {
  const { session, texts } = view;
  const holes = [...session.holes];
  let position = 0;
  return html`
    <ol class="transcript" part="transcript" aria-label=${texts.turns}>
      ${session.turns.flatMap((turn) => {
        const before = holes.splice(0, countBefore(holes, turn.startMs));
        position += 1;
        return [...before.map((hole) => holeTemplate(hole, texts)), turnTemplate(turn, position, view)];
      })}
      ${holes.map((hole) => holeTemplate(hole, texts))}
    </ol>
  `;
}

const countBefore = (holes: readonly ReviewHole[], ms: number): number => {
  const later = holes.findIndex(({ startMs }) => startMs >= ms);
  return later === -1 ? holes.length : later;
};

/** What a hole is called. */
export function holeText(hole: ReviewHole, texts: PlayerTexts): string {
  return texts.hole(hole, texts[hole.speaker ?? 'user'], hole.cause && texts.gapCause[hole.cause]);
}

function holeTemplate(hole: ReviewHole, texts: PlayerTexts): TemplateResult {
  return html`<li class="hole ${hole.kind}" part="hole hole-${hole.kind}">
    ${HOLE_ICONS[hole.kind]}<span>${holeText(hole, texts)}</span>
  </li>`;
}

function turnTemplate(turn: ReviewTurn, position: number, view: TranscriptView): TemplateResult {
  const { texts } = view;
  const { speaker, turnId, startMs, endMs } = turn;
  const name = texts[speaker];
  return html`
    <li
      class="turn ${speaker}"
      part="turn turn-${speaker}"
      data-turn-id=${turnId}
      ?data-interrupted=${turn.interrupted}
    >
      ${playButton(turn, position, view)}
      <div class="turn-body">
        <div class="turn-head">
          <span class="speaker" part="speaker">${name}</span>
          <span class="at" part="at">${texts.time(startMs)}</span>
          ${turn.interrupted ? html`<span class="interrupted" part="interrupted">${texts.interrupted}</span>` : nothing}
          <span class="duration" part="duration"
            >${turn.parts.length > 0 ? texts.duration(endMs - startMs) : nothing}</span
          >
          ${saveButton(turn, position, view)}
        </div>
        <button
          type="button"
          class="words ${turn.text === undefined ? 'none' : ''}"
          part="words"
          tabindex="-1"
          aria-label=${turn.text === undefined ? `${texts.noWords}: ${texts.goTo(position, name, startMs)}` : nothing}
          @click=${() => view.goTo(turn)}
        >
          ${turn.text === undefined ? texts.noWords : spokenTemplate(turn.spoken, texts.notHeard)}
        </button>
        ${footTemplate(turn, position, view)}
      </div>
    </li>
  `;
}

/** Nothing to press where there is nothing to hear; why, the line below says. */
function playButton(turn: ReviewTurn, position: number, view: TranscriptView): TemplateResult {
  const { texts, alone, isGone } = view;
  const name = texts[turn.speaker];
  if (!turn.parts.some((part) => part.audio === 'file' && !isGone(part)))
    return html`<span class="no-play" aria-hidden="true"
      >${turn.parts.some(({ audio }) => audio === 'sealed') ? LOCK_ICON : nothing}</span
    >`;
  const playing = alone === turn.turnId;
  return html`
    <button
      type="button"
      class="play"
      part="turn-play-button"
      tabindex="-1"
      aria-label=${playing ? texts.stopTurn(position, name) : texts.playTurn(position, name, texts.duration(turn.endMs - turn.startMs))}
      @click=${() => view.playAlone(turn)}
    >
      ${playing ? STOP_ICON : PLAY_ICON}
    </button>
  `;
}

function footTemplate(turn: ReviewTurn, position: number, view: TranscriptView): TemplateResult {
  const { texts, session, isGone, unheard } = view;
  const { responseLatencyMs, heardMs, generatedMs, interrupted, unheardMs, tails, parts } = turn;
  const facts: string[] = [];
  if (responseLatencyMs !== null) facts.push(texts.answeredAfter(responseLatencyMs));
  if (heardMs !== null && interrupted) facts.push(texts.heard(heardMs, generatedMs));
  if (turn.speaker === 'bot' && heardMs === 0 && !interrupted) facts.push(texts.neverHeard);
  // Of a session that runs a turn without a file is one that is still spoken, or just being written.
  const gone = parts.length === 0 ? heardMs !== 0 && !session.live : parts.every(isGone);
  const url = parts.find((part) => part.url !== undefined)?.url;
  const playsUnheard = unheard === turn.turnId;
  return html`
    <div class="turn-foot" part="facts">
      ${facts.map((fact) => html`<span class="fact">${fact}</span> `)}
      ${parts.some(({ audio }) => audio === 'sealed') ? html`<span class="fact state">${LOCK_ICON}${texts.sealed}</span>` : nothing}
      ${gone ? html`<span class="fact state" part="gone">${CLOUD_ICON}${url ? texts.goneTo(url) : texts.gone}</span>` : nothing}
      ${
        tails.some(({ audio }) => audio === 'file')
          ? html`<button
              type="button"
              class="small ghost"
              part="unheard-button"
              tabindex="-1"
              aria-label=${`${texts.unheard(unheardMs)}: ${playsUnheard ? texts.stopUnheard(position) : texts.playUnheard(position)}`}
              @click=${() => view.playUnheard(turn)}
            >
              ${playsUnheard ? STOP_ICON : GHOST_ICON}<span>${texts.unheard(unheardMs)}</span>
            </button>`
          : nothing
      }
    </div>
  `;
}

function saveButton(turn: ReviewTurn, position: number, view: TranscriptView): TemplateResult | typeof nothing {
  const { texts, isGone, save } = view;
  if (!turn.parts.some((part) => part.audio === 'file' && !isGone(part))) return nothing;
  const label = texts.downloadTurn(position, texts[turn.speaker]);
  return html`<button
    type="button"
    class="small save"
    part="download-turn-button"
    tabindex="-1"
    aria-label=${label}
    title=${label}
    @click=${() => save(turn, position)}
  >
    ${DOWNLOAD_ICON}
  </button>`;
}
