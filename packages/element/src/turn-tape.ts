import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import { LitElement } from 'lit';
import type { Recorder, Session } from 'turntape';
import { Announcer } from './announcer.ts';
import { Consent } from './consent.ts';
import { BotSoundControl } from './controls/bot-sound.ts';
import { HoldToTalk } from './controls/hold-to-talk.ts';
import { DevicePicker } from './controls/device-picker.ts';
import { heedShortcut } from './controls/shortcuts.ts';
import type { SaveKind } from './delivery/save-session.ts';
import { StandingWatch } from './delivery/standing-watch.ts';
import { faceTemplate } from './face.ts';
import { FollowEnd } from './follow-end.ts';
import { Household } from './household.ts';
import { LivePicture } from './live-picture.ts';
import { Questions } from './questions.ts';
import { RecorderSource } from './recorder-source.ts';
import { SettingsElement } from './settings-element.ts';
import { SessionActions } from './session-actions.ts';
import { SessionController } from './session-controller.ts';
import type { StartRequest } from './session-controller.ts';
import type { SessionNews } from './session-news.ts';
import { SpokenNews } from './spoken-news.ts';
import { styles } from './styles.ts';
import { Surroundings } from './surroundings.ts';
import { textsWith } from './texts.ts';
import type { RecorderPhase, TurnTapeTexts } from './texts.ts';
import type { TurnList } from './turn-list.ts';

/** `start` and `stop` show their own failures; a press has no caller to tell. */
const ALREADY_SHOWN = (): void => {};

/**
 * Records a voice conversation and shows its turns as they happen.
 *
 * ```html
 * <script type="module" src="@turntape/element/define"></script>
 * <turn-tape target="/v1" format="opus"></turn-tape>
 * ```
 *
 * The bot's voice is given to the session: listen for `session-start`, or await `start()`, and write to `session.bot`.
 * Removed from the page, the element ends its session and closes the recorder that it opened; moved within the page, it
 * goes on. Everything that it has is in `docs/element.md`.
 *
 * @slot consent - The text to agree to before anything is captured.
 *
 * @attr {string} target - Base address of the backend. Without it everything stays on this device.
 * @attr {'opus' | 'wav' | 'mp3'} format - Of the files. Default `opus`.
 * @attr {'required' | 'granted'} consent - `required` (default): nothing is captured before a person agreed here.
 * @attr {string} subject - Who agrees, as it is written into the consent record. Default `anonymous`.
 * @attr {string} consent-version - Version of the consent text, as it is written into the consent record. Default `1`.
 * @attr {boolean} push-to-talk - The user's turns are held by a key or a finger; no detector is loaded.
 * @attr {boolean} deafened - The person hears nothing of the bot. Follows the session.
 * @attr {number} volume - How loud the bot is for the person, 0 … 1. Follows the session. Default `1`.
 * @attr {string} name - Of the field in a form; its value is the session's id.
 * @attr {boolean} required - The form is not sent before something was recorded.
 * @attr {boolean} disabled - Nothing can be started. A session that runs goes on.
 * @attr {string} phase - Read only: `idle`, `consent`, `starting`, `recording`, `not-sampled`, `suspended`, `stopping`, `ended`, `failed`.
 *
 * @fires recorder-ready - The recorder is there. `detail.recorder` is the `Recorder`.
 * @fires session-start - A session began. `detail.session` is the `Session`.
 * @fires session-erased - A session was erased here. `detail.sessionId`
 * @fires consent-withdrawn - Consent was taken back. `detail.erase`: and everything is erased.
 * @fires client_vad_start - The user began to speak.
 * @fires client_vad_stop - The user fell silent, or it was a misfire.
 * @fires turn-start - `detail.turn`
 * @fires turn-end - `detail.turn`
 * @fires interruption - A bot turn was cut.
 * @fires segment-kept - Durable on this device. `detail.segment`
 * @fires segment-sent - `detail.segmentId`
 * @fires segment-acknowledged - `detail.segmentId`
 * @fires segment-rejected - `detail.segmentId`, `detail.error`
 * @fires segment-discarded - `detail.turnId`
 * @fires transcript - `detail.transcript`
 * @fires microphone - `detail.state`: live, silent, muted or lost.
 * @fires level - How loud a speaker is.
 * @fires low-space - The device has little room left. `detail.freeBytes`, `detail.minutesLeft`
 * @fires gap - A range that could not be captured.
 * @fires integrity - The bot spoke, and its record is silent. `detail.turnId`, `detail.cause`
 * @fires mute - `detail.muted`
 * @fires deafen - `detail.deafened`: the person hears nothing of the bot
 * @fires volume - `detail.volume`: how loud the bot is for the person
 * @fires redaction - A range was silenced.
 * @fires idle - Nobody has spoken for `sessionIdleMs`: the session ends. `detail.idleMs`
 * @fires session-kept - The session has ended. `detail.segments`: all that it has kept
 * @fires track-empty - The session ends without any sound of a speaker. `detail.speaker`
 * @fires state - `detail.state`
 * @fires error - `detail.error`. The one event that does not bubble: `window` takes a bubbling `error` for a broken script.
 *
 * @csspart base - Everything.
 * @csspart header - State and time; `lamp`, `status` and `clock` inside.
 * @csspart status - The state in words.
 * @csspart clock - The running time.
 * @csspart button - Every button with a word on it; also `start-button`, `stop-button`, `mute-button`, `talk-button`, `consent-button`, `retry-button`, `dismiss-button`, `resume-button`, `send-button`, `save-audio-button`, `save-all-button`, `erase-button`, `erase-yes-button`, `erase-no-button`, `withdraw-button`, `withdraw-keep-button`, `withdraw-erase-button`, `withdraw-no-button`.
 * @csspart consent - The gate; `consent-text` inside.
 * @csspart notices - What there is to know or to do now; `failure` with `failure-alarm` or `failure-notice`, `failure-what`, `failure-way-out`, `failure-code` inside.
 * @csspart stage - Waveform and meters: `lane-name`, `lane-name-user`, `lane-name-bot`, `waveform`, `levels`, `meter`, `meter-user`, `meter-bot`, `meter-fill` inside.
 * @csspart waveform - The window of the tape.
 * @csspart levels - Both meters.
 * @csspart controls - Start, stop, mute, devices and the key to talk; `talk-hint` inside.
 * @csspart sound - The bot's sound; `deafen-button`, `volume` inside.
 * @csspart devices - The choices; `device`, `device-microphone`, `device-output`, `device-select` inside.
 * @csspart turns - The list; `empty` when there is none.
 * @csspart turn - One turn; also `turn-user`, `turn-bot`; `speaker`, `duration`, `interrupted`, `words`, `unheard-words`, `facts`, `delivery` (and `delivery-` with its state), `play-button` inside.
 * @csspart tape - The bar of a turn: `tape-heard` and `tape-unheard`.
 * @csspart footer - Under the list; `hint` and `actions` inside.
 * @csspart standing - Where everything stands, also `standing-` with its name; `delivered`, `standing-code`, `progress`, `progress-fill` inside.
 * @csspart dialog - The question before something is erased, or consent is taken back.
 * @csspart announcement - What is said to a screen reader; not to be seen.
 *
 * @cssprop --turn-tape-font - Default `system-ui`.
 * @cssprop --turn-tape-surface - Background.
 * @cssprop --turn-tape-well - Background of the waveform and the gate.
 * @cssprop --turn-tape-text - Text.
 * @cssprop --turn-tape-muted - Text of less weight.
 * @cssprop --turn-tape-line - Borders and the empty part of meters.
 * @cssprop --turn-tape-accent - The start button and focus.
 * @cssprop --turn-tape-on-accent - Text on the start button.
 * @cssprop --turn-tape-user - The user's lane.
 * @cssprop --turn-tape-bot - The bot's lane.
 * @cssprop --turn-tape-danger - Recording and failures.
 * @cssprop --turn-tape-warning - Interruptions and notices.
 * @cssprop --turn-tape-radius - Corners. Default 16px.
 * @cssprop --turn-tape-waveform-height - Default 10rem, in a narrow place 8.5rem.
 * @cssprop --turn-tape-list-height - The list scrolls beyond it. Default 26rem.
 */
export class TurnTape extends SettingsElement {
  static override styles = styles;
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override properties: PropertyDeclarations = { recorder: { attribute: false, noAccessor: true } };

  readonly #source = new RecorderSource((recorder) => {
    this.#session.follow(recorder);
    this.#devices.follow(recorder);
    this.#dispatch('recorder-ready', { recorder }, true);
  });
  readonly #session = new SessionController(this, {
    recorder: () => this.#household.openRecorder(),
    began: (session) => this.#began(session),
    heard: (news) => this.#heard(news),
    // A bubbling `error` would reach `window`, where it means a broken script.
    announce: (type, event) => this.#dispatch(type, event, type !== 'error'),
  });
  readonly #devices = new DevicePicker(this, { failed: (thrown) => this.#session.fail(thrown, false) });
  readonly #surroundings = new Surroundings({
    permission: (state) => {
      const denied = this.#session.desk.failure?.code === 'microphone_denied';
      if (denied && state === 'granted') this.#session.dismiss();
      this.requestUpdate();
    },
    online: (online) => {
      this.#spoken.online(this.#texts, online);
      this.requestUpdate();
    },
  });
  readonly #actions = new SessionActions({
    recorder: () => this.#household.openRecorder(),
    session: () => this.#session.session,
    texts: () => this.#texts,
    changed: () => this.requestUpdate(),
  });
  readonly #sound = new BotSoundControl(this, {
    running: () => this.#running,
    failed: (thrown) => this.#session.fail(thrown, false),
  });
  readonly #hold = new HoldToTalk({
    begin: () => this.#talk(true),
    end: () => this.#talk(false),
  });
  readonly #consent = new Consent(() => this.#household.openRecorder());
  readonly #announcer = new Announcer();
  readonly #spoken = new SpokenNews(this.#announcer);
  readonly #picture = new LivePicture();
  readonly #questions = new Questions({
    erase: () => this.#watch(this.erase(), false),
    withdraw: (choice) => this.#watch(this.revokeConsent(choice), false),
  });
  readonly #follow = new FollowEnd();
  readonly #standing = new StandingWatch(() => this.isConnected && this.requestUpdate());
  readonly #household = new Household(this, {
    source: this.#source,
    session: this.#session,
    devices: this.#devices,
    surroundings: this.#surroundings,
    actions: this.#actions,
    hold: this.#hold,
    announcer: this.#announcer,
    picture: this.#picture,
    standing: this.#standing,
    settings: () => this.settings,
  });
  #texts: TurnTapeTexts = textsWith(undefined);
  /** What had the focus before it was drawn: a button that is gone passes it on. */
  #focused: Element | null = null;

  /**
   * The recorder: the page's own, once it was set, or else the one that the attributes make, from `recorder-ready` on.
   * One that the page gave is never closed here.
   */
  get recorder(): Recorder | undefined {
    return this.#source.current;
  }

  set recorder(recorder: Recorder | undefined) {
    const before = this.#source.current;
    this.#watch(this.#source.give(recorder), false);
    this.requestUpdate('recorder', before);
  }

  /** The session that is running or was the last to run: the bot's voice goes to `session.bot`. */
  get session(): Session | undefined {
    return this.#session.session;
  }

  /** What the element is doing: the attribute `phase`. */
  get phase(): RecorderPhase {
    const gate = this.consent === 'required' && !this.#consent.given && !this.#session.live;
    return gate && this.#session.phase !== 'starting' ? 'consent' : this.#session.phase;
  }

  /** The turns of the session, as they are shown. */
  get turns(): TurnList {
    return this.#session.book.turns;
  }

  /** Starts a session, or gives the one that runs. Rejects with the recorder's error, which is also shown. */
  start(request: StartRequest = {}): Promise<Session> {
    this.#actions.clear();
    return this.#session.start({ ...(this.metadata === undefined ? {} : { metadata: this.metadata }), ...request });
  }

  /** Ends the session. Settles when every captured frame is kept on this device. */
  stop(): Promise<void> {
    this.#hold.release();
    return this.#session.stop();
  }

  /** Writes down that the subject agreed to the text: what the button of the gate does before it starts. */
  async grantConsent(): Promise<void> {
    await this.#consent.grant({ subject: this.subject, textVersion: this.consentVersion });
    this.requestUpdate();
  }

  /** Takes the consent back: ends the session and shows the gate again. `erase`: everything on this device, too. */
  async revokeConsent({ erase = false }: { erase?: boolean } = {}): Promise<void> {
    await this.#consent.withdraw({ erase, stop: () => this.stop() });
    if (erase) await this.#empty();
    this.#actions.tell(erase ? this.#texts.withdrawnAndErased : this.#texts.withdrawn);
    this.#dispatch('consent-withdrawn', { erase }, true);
    this.requestUpdate();
  }

  /** Gives the session to the browser's downloads: its sound in one file, or everything in a zip. */
  save(kind: SaveKind = 'audio'): Promise<void> {
    return this.#actions.save(kind);
  }

  /** Erases the session that has ended, without a question. Error: `session_active`. */
  async erase(): Promise<void> {
    const sessionId = await this.#actions.erase();
    if (sessionId === undefined) return;
    await this.#empty();
    this.#dispatch('session-erased', { sessionId }, true);
  }

  /** `moveBefore()` moves without taking out: nothing is to be done, and with this method nothing is. */
  connectedMoveCallback(): void {}

  protected override willUpdate(changed: PropertyValues<this>): void {
    this.#focused = this.shadowRoot?.activeElement ?? null;
    if (changed.has('texts')) this.#texts = textsWith(this.texts);
    if (changed.has('consent') || changed.has('consentVersion') || changed.has('subject')) this.#consent.lapse();
    // Another target or format means another recorder, from the next start on.
    if (this.isAnotherRecorder(changed) && this.hasUpdated && !this.#session.live)
      this.#watch(this.#source.closeOwn(), false);
    if (this.getAttribute('phase') !== this.phase) this.setAttribute('phase', this.phase);
    if (changed.has('deafened') || changed.has('volume')) this.#sound.apply();
    const { book, progress, desk } = this.#session;
    this.#standing.look({ turns: book.turns, progress, trouble: desk.trouble, online: this.#surroundings.online });
  }

  protected override render(): TemplateResult {
    const { phase } = this;
    const { book, session, progress } = this.#session;
    this.#picture.times.drawn(book.nowMs);
    const start = (): void => void this.start().catch(ALREADY_SHOWN);
    const agree = (): void => this.#watch(this.grantConsent().then(start), true);
    return faceTemplate({
      texts: this.#texts,
      phase,
      session: this.#session,
      asking: phase === 'starting' && this.#surroundings.permission !== 'granted' && this.options?.microphone !== false,
      disabled: this.isDisabled,
      talk: this.pushToTalk ? this.#hold : undefined,
      devices: this.#devices.template(this.#texts, phase === 'stopping'),
      sound: this.#sound.view,
      picture: this.#picture,
      standing: this.#standing.now,
      actions: this.#actions,
      announcer: this.#announcer,
      dialog: this.#questions.template(this.#texts, progress !== undefined),
      canWithdraw: this.consent === 'required' && this.#consent.given,
      onStart: start,
      onStop: () => void this.stop().catch(ALREADY_SHOWN),
      onAgree: agree,
      onDismiss: () => this.#session.dismiss(),
      onResume: () => this.#watch(session?.resume(), false),
      onMute: () => this.#mute(),
      onKeyDown: (event) =>
        heedShortcut(event, { mute: () => this.pushToTalk || this.#mute(), deafen: () => this.#sound.toggle() }),
      onSend: () => this.#watch(this.#actions.send(), false),
      onSave: (kind) => this.#watch(this.save(kind), false),
      onErase: () => this.#questions.erase.open(),
      onWithdraw: () => this.#questions.withdraw.open(),
      onPlay: (row) => this.#watch(this.#actions.play(row), false),
    });
  }

  protected override updated(): void {
    const { phase } = this;
    const { book, live } = this.#session;
    this.#picture.drawn(book, { live, hears: phase === 'recording' });
    this.#follow.update(this.renderRoot.querySelector('.turns'));
    this.#spoken.drawn(this.#texts, { phase, turns: book.turns.length, standing: this.#standing.now?.standing });
    if (this.#focused && !this.#focused.isConnected) this.#mainButton?.focus();
    this.validate();
  }

  protected override get requiredText(): string {
    return this.#texts.required;
  }

  protected override get anchor(): HTMLElement | undefined {
    return this.#mainButton;
  }

  /** As if nothing had been recorded here. What runs is ended first. */
  protected override empty(): void {
    this.#watch(this.#empty(), false);
  }

  /** The one that leads on. */
  get #mainButton(): HTMLElement | undefined {
    return this.renderRoot.querySelector<HTMLElement>('.main, [part~="consent-button"]') ?? undefined;
  }

  async #empty(): Promise<void> {
    await this.stop();
    this.#session.forget();
    this.#picture.clear();
    this.setValue('');
  }

  #began(session: Session): void {
    this.#picture.clear();
    this.#devices.used(session);
    this.#sound.apply();
    this.setValue(session.sessionId);
    this.#dispatch('session-start', { session }, true);
  }

  #heard(news: SessionNews): void {
    if (news.type === 'level') this.#picture.level(news.event);
    this.#sound.heard(news);
    if (news.type === 'microphone' && this.#session.session) this.#devices.used(this.#session.session);
    this.#spoken.heard(this.#texts, news);
  }

  #mute(): void {
    const { book } = this.#session;
    this.#watch(book.muted ? this.#running?.unmute() : this.#running?.mute(), false);
  }

  /** A session that does not end yet. */
  get #running(): Session | undefined {
    return this.#session.live && this.session?.state !== 'stopping' ? this.session : undefined;
  }

  #talk(talking: boolean): void {
    // A session that ends lets go of the key, and has ended the turn itself.
    const user = this.#running?.user;
    if (talking) user?.startTurn();
    else user?.endTurn();
    this.requestUpdate();
  }

  #dispatch(type: string, detail: unknown, bubbles: boolean): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles, composed: true }));
  }

  /** For work that no caller awaits: its failure is shown. */
  #watch(work: Promise<unknown> | undefined, starting: boolean): void {
    work?.catch((thrown: unknown) => this.#session.fail(thrown, starting));
  }
}
