import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Announcer } from './announcer.ts';
import { consentGateTemplate } from './consent-gate.ts';
import type { BotSoundView } from './controls/bot-sound.ts';
import { controlBarTemplate } from './controls/control-bar.ts';
import type { HoldToTalk } from './controls/hold-to-talk.ts';
import { deliveryBarTemplate } from './delivery/delivery-bar.ts';
import type { SaveKind } from './delivery/save-session.ts';
import type { DeliveryStanding } from './delivery/standing.ts';
import { headerBarTemplate } from './header-bar.ts';
import type { LivePicture } from './live-picture.ts';
import { noticesTemplate } from './notices.ts';
import type { SessionActions } from './session-actions.ts';
import type { SessionController } from './session-controller.ts';
import type { RecorderPhase, TurnTapeTexts } from './texts.ts';
import type { TurnRow } from './turn-list.ts';
import { turnsPanelTemplate } from './turns-panel.ts';

/** All that is seen, and all that can be pressed. */
export interface FaceView {
  texts: TurnTapeTexts;
  phase: RecorderPhase;
  /** The session with its book, its hold and its failures. */
  session: Pick<SessionController, 'book' | 'live' | 'hold' | 'desk' | 'session'>;
  asking: boolean;
  disabled: boolean;
  /** Undefined where the detector says who speaks. */
  talk: HoldToTalk | undefined;
  devices: TemplateResult | typeof nothing;
  sound: BotSoundView;
  picture: LivePicture;
  standing: DeliveryStanding | undefined;
  actions: Pick<SessionActions, 'hint' | 'saving' | 'player'>;
  announcer: Announcer;
  dialog: TemplateResult;
  onStart: () => void;
  onStop: () => void;
  onAgree: () => void;
  onDismiss: () => void;
  onResume: () => void;
  onMute: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onSend: () => void;
  onSave: (kind: SaveKind) => void;
  onErase: () => void;
  /** Somebody agreed here, and can take it back. */
  canWithdraw: boolean;
  onWithdraw: () => void;
  onPlay: (row: TurnRow) => void;
}

/** The element from top to bottom, which is also the order of the keyboard. */
export function faceTemplate(view: FaceView): TemplateResult {
  const { texts, phase, actions } = view;
  const { book, live, hold, desk } = view.session;
  const { times } = view.picture;
  const hasSession = view.session.session !== undefined;
  const { turns, muted, deafened } = book;
  const isRunning = live && phase !== 'stopping';
  return html`
    <section class="base" part="base" aria-label=${texts.recorder} @keydown=${view.onKeyDown}>
      ${headerBarTemplate({ texts, phase, muted, deafened, times, live })}
      ${phase === 'consent' ? consentGateTemplate(texts, view.disabled, view.onAgree) : nothing}
      ${noticesTemplate({
        texts,
        phase,
        failure: desk.failure,
        hold,
        microphone: book.trouble,
        botMissing: book.botMissing,
        lowSpace: book.lowSpace,
        asking: view.asking,
        onTryAgain: phase === 'consent' ? view.onAgree : view.onStart,
        onDismiss: view.onDismiss,
        onResume: view.onResume,
      })}
      ${view.picture.template(texts)}
      ${controlBarTemplate({
        texts,
        phase,
        disabled: view.disabled,
        muted: isRunning ? muted : undefined,
        sound: isRunning ? view.sound : undefined,
        hold: view.talk,
        devices: view.devices,
        onStart: view.onStart,
        onStop: view.onStop,
        onMute: view.onMute,
      })}
      ${turnsPanelTemplate({ texts, turns, times, playing: actions.player.playing, onPlay: view.onPlay })}
      ${deliveryBarTemplate({
        texts,
        standing: view.standing,
        hint: actions.hint,
        canSave: hasSession && turns.length > 0,
        saving: actions.saving,
        canErase: hasSession && !live,
        onSend: view.onSend,
        onSave: view.onSave,
        onErase: view.onErase,
        canWithdraw: view.canWithdraw,
        onWithdraw: view.onWithdraw,
      })}
      ${view.announcer.template()} ${view.dialog}
    </section>
  `;
}
