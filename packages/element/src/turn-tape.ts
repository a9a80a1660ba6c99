import { LitElement, html, nothing } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import type { Recorder, RecorderOptions, Session } from 'turntape';
import { consentGateTemplate } from './consent-gate.ts';
import { failurePanelTemplate } from './failure-panel.ts';
import { FollowEnd } from './follow-end.ts';
import { headerBarTemplate } from './header-bar.ts';
import { LevelMeter } from './level-meter.ts';
import { RecorderSource } from './recorder-source.ts';
import type { TargetHeaders } from './recorder-source.ts';
import { SessionController } from './session-controller.ts';
import type { StartRequest } from './session-controller.ts';
import { styles } from './styles.ts';
import { textsWith } from './texts.ts';
import type { RecorderPhase, TurnTapeTexts, TurnTapeTextsPatch } from './texts.ts';
import type { TurnList, TurnRow } from './turn-list.ts';
import { TurnPlayer } from './turn-player.ts';
import { turnsPanelTemplate } from './turns-panel.ts';

/** A change of one of these asks for another recorder. */
const RECORDER_SETTINGS = ['target', 'format', 'consent', 'headers', 'options'] as const;

/** `start` and `stop` show their own failures; a press of a button has no caller to tell. */
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
 * Removed from the page, the element ends its session and closes the recorder that it opened; moved within the page in
 * one step, it goes on.
 *
 * @slot consent - The text to agree to before anything is captured.
 *
 * @attr {string} target - Base address of the backend. Without it everything stays on this device.
 * @attr {'opus' | 'wav' | 'mp3'} format - Of the files. Default `opus`.
 * @attr {'required' | 'granted'} consent - `required` (default): nothing is captured before a person agreed here.
 * @attr {string} subject - Who agrees, as it is written into the consent record. Default `anonymous`.
 * @attr {string} consent-version - Version of the consent text, as it is written into the consent record. Default `1`.
 * @attr {string} phase - Read only: `idle`, `consent`, `starting`, `recording`, `suspended`, `stopping`, `ended`, `failed`.
 *
 * @fires recorder-ready - The recorder is there. `detail.recorder` is the `Recorder`.
 * @fires session-start - A session began. `detail.session` is the `Session`.
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
 * @fires microphone - `detail.state`: live, silent, muted or lost.
 * @fires level - How loud a speaker is.
 * @fires gap - A range that could not be captured.
 * @fires mute - The microphone was muted, or is heard again. `detail.muted`
 * @fires redaction - A range was made silent. `detail.segments`
 * @fires state - `detail.state`
 * @fires error - `detail.error`. The one event that does not bubble: `window` takes a bubbling `error` for a broken script.
 *
 * @csspart base - Everything.
 * @csspart header - State, time and the start button; `lamp` inside.
 * @csspart status - The state in words.
 * @csspart clock - The running time.
 * @csspart button - Every button with a word on it; also `start-button`, `stop-button`, `consent-button`, `retry-button`, `dismiss-button`.
 * @csspart consent - The gate; `consent-text` inside.
 * @csspart failure - The failure panel; also `failure-alarm`, `failure-notice`, `failure-what`, `failure-way-out`, `failure-code`.
 * @csspart levels - Both meters; `lane`, `meter`, `meter-fill`, and each with `-user` or `-bot`.
 * @csspart turns - The list; `empty` when there is none.
 * @csspart turn - One turn; also `turn-user`, `turn-bot`; `speaker`, `duration`, `interrupted`, `facts`, `delivery`, `play-button` inside.
 * @csspart tape - The bar of a turn: `tape-heard` and `tape-unheard`.
 * @csspart footer - How much of it is delivered; `hint` and `delivered` inside.
 *
 * @cssprop --turn-tape-font - Default `system-ui`.
 * @cssprop --turn-tape-surface - Background.
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
 * @cssprop --turn-tape-list-height - The list scrolls beyond it. Default 26rem.
 */
export class TurnTape extends LitElement {
  static override styles = styles;
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override properties: PropertyDeclarations = {
    target: { reflect: true },
    format: { reflect: true, useDefault: true },
    consent: { reflect: true, useDefault: true },
    subject: { reflect: true, useDefault: true },
    consentVersion: { attribute: 'consent-version', reflect: true, useDefault: true },
    options: { attribute: false },
    headers: { attribute: false },
    metadata: { attribute: false },
    texts: { attribute: false },
    recorder: { attribute: false, noAccessor: true },
  };

  declare target: string | undefined;
  declare format: 'opus' | 'wav' | 'mp3';
  declare consent: 'required' | 'granted';
  declare subject: string;
  declare consentVersion: string;
  /** Further options for the element's own recorder. They win over the attributes. */
  declare options: RecorderOptions | undefined;
  /** Headers of every request to `target`: an object, or a function that is asked each time. */
  declare headers: TargetHeaders | undefined;
  /** The app's own facts of the next session. Plain JSON. */
  declare metadata: Record<string, unknown> | undefined;
  /** Texts in place of the English ones. */
  declare texts: TurnTapeTextsPatch | undefined;

  readonly #source = new RecorderSource((recorder) => {
    this.#session.follow(recorder);
    this.#dispatch('recorder-ready', { recorder }, true);
  });
  readonly #session = new SessionController(this, {
    recorder: () => this.#openRecorder(),
    began: (session) => this.#dispatch('session-start', { session }, true),
    // A bubbling `error` would reach `window`, where it means a broken script.
    announce: (type, event) => this.#dispatch(type, event, type !== 'error'),
    level: (event) => this.#meters[event.speaker].show(event),
  });
  readonly #meters = { user: new LevelMeter('user'), bot: new LevelMeter('bot') };
  readonly #player = new TurnPlayer({
    readAudio: async (segmentId) => (await this.#openRecorder()).readAudio(segmentId),
    changed: () => this.requestUpdate(),
    failed: ({ reason }) => this.#tell(reason === 'gone' ? this.#texts.audioGone : this.#texts.audioUnplayable),
  });
  readonly #follow = new FollowEnd();
  #texts: TurnTapeTexts = textsWith(undefined);
  #agreed = false;
  #hint = '';

  constructor() {
    super();
    this.format = 'opus';
    this.consent = 'required';
    this.subject = 'anonymous';
    this.consentVersion = '1';
  }

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
    const gate = this.consent === 'required' && !this.#agreed && !this.#session.live;
    return gate && this.#session.phase !== 'starting' ? 'consent' : this.#session.phase;
  }

  /** The turns of the session, as they are shown. */
  get turns(): TurnList {
    return this.#session.turns;
  }

  /** Starts a session, or gives the one that runs. Rejects with the recorder's error, which is also shown. */
  start(request: StartRequest = {}): Promise<Session> {
    this.#tell('');
    this.#player.stop();
    return this.#session.start({ ...(this.metadata === undefined ? {} : { metadata: this.metadata }), ...request });
  }

  /** Ends the session. Settles when every captured frame is kept on this device. */
  stop(): Promise<void> {
    return this.#session.stop();
  }

  /** Writes down that the subject agreed to the text: what the button of the gate does before it starts. */
  async grantConsent(): Promise<void> {
    const recorder = await this.#openRecorder();
    await recorder.grantConsent({ subject: this.subject, textVersion: this.consentVersion });
    this.#agreed = true;
    this.requestUpdate();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#watch(this.#prepare(), true);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // A move takes the element out and puts it back within one step: only one that stays out lets go.
    queueMicrotask(() => {
      if (!this.isConnected) this.#watch(this.#release(), false);
    });
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.#texts = textsWith(this.texts);
    if (changed.has('consent') || changed.has('consentVersion') || changed.has('subject')) this.#agreed = false;
    // Another target or format means another recorder, from the next start on.
    const remade = RECORDER_SETTINGS.some((name) => changed.has(name));
    if (remade && this.hasUpdated && !this.#session.live) this.#watch(this.#source.closeOwn(), false);
    if (this.getAttribute('phase') !== this.phase) this.setAttribute('phase', this.phase);
  }

  protected override render(): TemplateResult {
    const texts = this.#texts;
    const { phase } = this;
    const { failure, live, turns, nowMs } = this.#session;
    const start = (): void => void this.start().catch(ALREADY_SHOWN);
    const stop = (): void => void this.stop().catch(ALREADY_SHOWN);
    const agree = (): void => this.#watch(this.grantConsent().then(start), true);
    return html`
      <section class="base" part="base" aria-label=${texts.recorder}>
        ${headerBarTemplate({
          texts,
          phase,
          runningMs: live ? nowMs : undefined,
          onStart: start,
          onStop: stop,
        })}
        ${phase === 'consent' ? consentGateTemplate(texts, agree) : nothing}
        ${
          failure
            ? failurePanelTemplate(failure, texts, {
                tryAgain: phase === 'consent' ? agree : start,
                dismiss: () => this.#session.dismiss(),
              })
            : nothing
        }
        <div class="levels" part="levels" role="group" aria-label=${texts.levels}>
          ${this.#meters.user.template(texts)}${this.#meters.bot.template(texts)}
        </div>
        ${turnsPanelTemplate({
          texts,
          turns,
          nowMs,
          playing: this.#player.playing,
          hint: this.#hint,
          onPlay: (row) => this.#play(row),
        })}
      </section>
    `;
  }

  protected override updated(): void {
    if (!this.#session.live) for (const meter of Object.values(this.#meters)) meter.rest();
    this.#follow.update(this.renderRoot.querySelector('.turns'));
  }

  /** Opens the recorder ahead of the first start. What an earlier visit left in the outbox is delivered from then on. */
  async #prepare(): Promise<void> {
    // After the properties of this step are set: a page that gives its own recorder must not make us open another.
    await this.updateComplete;
    if (this.isConnected) this.#session.follow(await this.#openRecorder());
  }

  #openRecorder(): Promise<Recorder> {
    const { target, headers, format, consent, options } = this;
    return this.#source.open({ target, headers, format, consent, options });
  }

  #play(row: TurnRow): void {
    this.#tell('');
    const files = row.segments.filter(({ hasAudio }) => hasAudio).map(({ segmentId }) => segmentId);
    this.#watch(this.#player.toggle(row.turnId, files), false);
  }

  #tell(hint: string): void {
    if (this.#hint === hint) return;
    this.#hint = hint;
    this.requestUpdate();
  }

  /** Ends what runs and closes what we opened. What was captured is kept. */
  async #release(): Promise<void> {
    for (const meter of Object.values(this.#meters)) meter.rest();
    await this.#player.dispose();
    await this.#session.stop();
    this.#session.release();
    await this.#source.closeOwn();
  }

  #dispatch(type: string, detail: unknown, bubbles: boolean): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles, composed: true }));
  }

  /** For work that no caller awaits: its failure is shown. */
  #watch(work: Promise<unknown>, starting: boolean): void {
    work.catch((thrown: unknown) => this.#session.fail(thrown, starting));
  }
}
