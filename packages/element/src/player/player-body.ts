import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { PlayerAction } from './keys.ts';
import { headerTemplate } from './player-header.ts';
import { laneHeadsTemplate } from './player-lanes.ts';
import type { PlayerTexts } from './player-texts.ts';
import { transcriptTemplate } from './player-transcript.ts';
import { transportTemplate } from './player-transport.ts';
import type { ReviewController } from './review-controller.ts';
import type { ReviewSession, ReviewTurn } from './review-session.ts';
import type { TimelineView } from './timeline-view.ts';

/** What stands in the frame, and what it does. */
export interface BodyView {
  texts: PlayerTexts;
  review: ReviewController;
  timeline: TimelineView;
  speed: number;
  setSpeed: (speed: number) => void;
  act: (action: PlayerAction) => void;
  goTo: (turn: ReviewTurn) => void;
  /** For work that nobody awaits: its failure is shown. */
  watch: (work: Promise<unknown>) => void;
}

/** The session, or what stands in its place. */
export function bodyTemplate(view: BodyView): TemplateResult | typeof nothing {
  const { texts, review, watch } = view;
  const { phase, session, source, files } = review;
  if (phase === 'failed') return nothing;
  if (phase === 'idle') return html`<p class="message" part="message">${texts.idle}</p>`;
  if (!session)
    return html`<p class="unseen">${texts.loading}</p>
      <div class="skeleton" part="skeleton"></div>`;
  const empty = session.turns.length === 0 && session.holes.length === 0;
  // What is sealed cannot be put together here; the archive holds the sealed files as they are.
  const playable = isPlayable(session);
  const saver = (what: 'session' | 'bundle'): (() => void) | undefined => {
    const has = what === 'session' ? source?.sessionFile !== undefined : source?.bundle !== undefined;
    return has && !empty && (playable || what === 'bundle') ? () => watch(review.files.save(what)) : undefined;
  };
  return html`
    ${headerTemplate({ texts, session, saving: files.saving, saveSession: saver('session'), saveBundle: saver('bundle') })}
    ${empty ? html`<p class="message" part="message">${texts.empty}</p>` : sessionTemplate(session, view)}
  `;
}

function sessionTemplate(session: ReviewSession, view: BodyView): TemplateResult {
  const { texts, review, timeline, act, watch, goTo } = view;
  const { gone, alone, unheard, sounds } = review;
  return html`
    <div class="stage" part="timeline">
      ${timeline.stripTemplate()}
      ${laneHeadsTemplate(texts, sounds, (speaker, sound) => review.setSound(speaker, sound))}
      <div class="tracks" part="tracks" role="slider" tabindex="0" aria-label=${texts.timeline} aria-valuemin="0">
        ${timeline.template()}
      </div>
    </div>
    ${transportTemplate({
      texts,
      state: review.playback.state,
      playable: isPlayable(session),
      durationMs: session.durationMs,
      speed: view.speed,
      toggle: () => act({ do: 'toggle' }),
      step: (step) => act({ do: 'turn', step }),
      setSpeed: view.setSpeed,
      zoom: (factor) => act({ do: 'zoom', factor }),
      fit: () => act({ do: 'fit' }),
    })}
    ${guard([session, texts, gone, alone, unheard], () =>
      transcriptTemplate({
        texts,
        session,
        isGone: (part) => gone.has(part.segmentId),
        alone,
        unheard,
        goTo,
        playAlone: (turn) => watch(review.playAlone(turn)),
        playUnheard: (turn) => watch(review.playUnheard(turn)),
        save: (turn, position) => watch(review.files.saveTurn(turn, position)),
      }),
    )}
  `;
}

const isPlayable = ({ turns }: ReviewSession): boolean =>
  turns.some(({ parts }) => parts.some(({ audio }) => audio === 'file'));
