import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import { Departure } from '../departure.ts';
import { FollowTurn } from './follow-turn.ts';
import { actionOf } from './keys.ts';
import { PlayheadWatch } from './playhead-watch.ts';
import type { PlaybackState } from './playback.ts';
import { PlayerActions } from './player-actions.ts';
import { bodyTemplate } from './player-body.ts';
import { playerFailureTemplate } from './player-failure.ts';
import { PlayerSettings } from './player-settings.ts';
import { playerStyles } from './player-styles.ts';
import { type PlayerTexts, playerTextsWith } from './player-texts.ts';
import { ReviewController } from './review-controller.ts';
import type { ReviewPhase } from './review-loader.ts';
import type { ReviewSession, ReviewTurn } from './review-session.ts';
import { SessionChoice } from './session-choice.ts';
import { SliderWords } from './slider-words.ts';
import { TimelineView } from './timeline-view.ts';

/**
 * Reviews a conversation: both speakers on one timeline, what interrupted whom, what was never heard, what is missing, and
 * the words, which follow.
 *
 * ```html
 * <script type="module" src="@turntape/element/player"></script>
 * <turn-tape-player src="/v1/sessions/0f8b…"></turn-tape-player>
 * <turn-tape-player session-id="0f8b…"></turn-tape-player>
 * ```
 *
 * Keys, anywhere within it: space plays and stops; the arrows move 5 s, with Shift half a second; Page Up and Page Down 30 s;
 * Home and End; `[` and `]` go to the turn before and after; `,` and `.` slower and faster; `+`, `-` and `0` zoom.
 *
 * @attr {string} src - Address of a playback list: `/v1/sessions/:id` of the reference server.
 * @attr {string} session-id - A session on this device. Read by `recorder`, or by one that the player opens for it.
 * @attr {number} speed - 0.5 to 2. Default 1. The pitch stays.
 * @attr {string} phase - Read only: `idle`, `loading`, `ready`, `failed`.
 * @attr {string} state - Read only: `paused`, `playing`, `waiting` (for audio).
 *
 * @fires loaded - A session is there. `detail.session` is a `ReviewSession`.
 * @fires statechange - `detail.state`
 * @fires seek - `detail.positionMs`
 * @fires turnchange - The turn at the playhead is another. `detail.turn`, undefined between turns.
 * @fires error - `detail.error`, with a `code`. Does not bubble.
 *
 * @csspart base - Everything.
 * @csspart header - When, how long, how many; `title`, `summary`, `live`, `download-session-button`, `download-bundle-button` inside.
 * @csspart timeline - The lanes with their heads; `lane`, `lane-user`, `lane-bot`, `lane-name`, `mute-button`, `volume`, `tracks`, `playhead`, `bubble`, `overview` inside.
 * @csspart transport - The bar below; `play-button`, `previous-button`, `next-button`, `time`, `speed`, `zoom-in-button`, `zoom-out-button`, `fit-button` inside.
 * @csspart transcript - The list; `turn`, `turn-user`, `turn-bot`, `speaker`, `at`, `interrupted`, `duration`, `words`, `unheard-words`, `facts`, `gone`, `turn-play-button`, `unheard-button`, `download-turn-button`; `hole`, `hole-gap`, `hole-quiet`, `hole-mute`, `hole-deafened`, `hole-redaction` inside.
 * @csspart failure - What went wrong; also `failure-what`, `failure-way-out`, `failure-code`, `retry-button`, `dismiss-button`.
 * @csspart message - In place of everything, when there is nothing; `skeleton` while it is read.
 *
 * @cssprop --turn-tape-lanes-height - Of both lanes with their ruler. Default 11.5rem, 9.5rem where it is narrow.
 * @cssprop --turn-tape-list-height - The list scrolls beyond it. Default 24rem.
 *
 * The colours, the font and the corners are those of `<turn-tape>`.
 */
export class TurnTapePlayer extends PlayerSettings {
  static override styles = playerStyles;

  #texts: PlayerTexts = playerTextsWith(undefined);
  #news = '';
  #told: PlaybackState = 'paused';
  readonly #choice = new SessionChoice(() => this.#watch(this.#review.reload()));
  readonly #follow = new FollowTurn();
  readonly #departure = new Departure(this, () => this.#release().catch((thrown) => this.#review.fail(thrown, false)));
  readonly #slider = new SliderWords();
  readonly #review: ReviewController = new ReviewController({
    changed: () => this.requestUpdate(),
    moved: () => this.#moved(),
    repaint: () => this.#timeline.paint(),
    loaded: (session, same) => this.#loaded(session, same),
    failed: (error) => this.#dispatch('error', { error }, false),
  });
  readonly #timeline: TimelineView = new TimelineView({
    peaks: this.#review.peaks,
    session: () => this.review,
    positionMs: () => this.positionMs,
    silent: () => this.#review.silent,
    isGone: (part) => this.#review.gone.has(part.segmentId),
    holeWord: ({ kind }) => this.#texts.holeWord[kind],
    time: (ms) => this.#texts.time(ms),
    seek: (ms) => this.seek(ms),
  });

  readonly #playhead = new PlayheadWatch({
    review: this.#review,
    timeline: this.#timeline,
    slider: this.#slider,
    follow: this.#follow,
    texts: () => this.#texts,
    connected: () => this.isConnected,
    entered: (turn) => this.#entered(turn),
  });
  readonly #actions = new PlayerActions(this, {
    review: this.#review,
    timeline: this.#timeline,
    follow: this.#follow,
    texts: () => this.#texts,
    tell: (news) => this.#tell(news),
    watch: (work) => this.#watch(work),
  });

  constructor() {
    super();
    this.addEventListener('keydown', (event) => this.#press(event));
  }

  /** What is reviewed: turns, holes, length. Undefined until it is loaded. */
  get review(): ReviewSession | undefined {
    return this.#review.session;
  }

  /** How far it is: the attribute `phase`. */
  get phase(): ReviewPhase {
    return this.#review.phase;
  }

  /** The attribute `state`. */
  get state(): PlaybackState {
    return this.#review.playback.state;
  }

  /** Where it stands, in session milliseconds. */
  get positionMs(): number {
    return this.#review.playback.positionMs;
  }

  /** What it costs: seconds of audio in memory, outlines known, and what the last painting came to. */
  get stats(): { decodedSeconds: number; outlines: number; painted: TimelineView['painted'] } {
    const { playback, peaks } = this.#review;
    return { decodedSeconds: playback.heldSeconds, outlines: peaks.size, painted: this.#timeline.painted };
  }

  /** Plays on. Rejects when the browser gives no sound, which is also shown. */
  async play(): Promise<void> {
    this.#follow.follow();
    await this.#shown(this.#review.play());
  }

  pause(): void {
    this.#review.playback.pause();
  }

  /** Goes to a place; what plays, plays on from there. */
  seek(positionMs: number): void {
    this.#follow.follow();
    this.#review.playback.seek(positionMs);
    this.#dispatch('seek', { positionMs: this.positionMs });
  }

  /** Plays one turn alone, then stops. Of one that is played alone: stops. */
  async playTurn(turnId: string): Promise<void> {
    const turn = this.review?.turns.find((each) => each.turnId === turnId);
    if (!turn) return;
    this.#follow.follow();
    await this.#shown(this.#review.playAlone(turn));
  }

  /** Reads the session again. */
  reload(): Promise<void> {
    return this.#review.reload();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated && this.phase === 'idle') this.#open();
  }

  /** `moveBefore()` moves without taking out: nothing is to be done, and with this method nothing is. */
  connectedMoveCallback(): void {}

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#departure.left();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { playback } = this.#review;
    if (changed.has('texts')) this.#texts = playerTextsWith(this.texts);
    if (changed.has('speed') && playback.speed !== this.speed) {
      playback.setSpeed(this.speed);
      this.speed = playback.speed;
    }
    if (this.isAnotherSession(changed)) this.#open();
    for (const name of ['phase', 'state'] as const)
      if (this.getAttribute(name) !== this[name]) this.setAttribute(name, this[name]);
  }

  protected override render(): TemplateResult {
    const texts = this.#texts;
    const { failure } = this.#review;
    const retry = (): void => this.#watch(this.#review.retry());
    return html`
      <section
        class="base"
        part="base"
        aria-label=${texts.player}
        aria-busy=${this.phase === 'loading' ? 'true' : 'false'}
      >
        ${failure ? playerFailureTemplate(failure, texts, { retry, dismiss: () => this.#review.dismiss() }) : nothing}
        ${bodyTemplate({
          texts,
          review: this.#review,
          timeline: this.#timeline,
          speed: this.speed,
          setSpeed: (speed) => (this.speed = speed),
          act: (action) => this.#actions.do(action),
          goTo: (turn) => this.seek(turn.startMs),
          watch: (work) => this.#watch(work),
        })}
        <p class="unseen" role="status">${this.#news}</p>
      </section>
    `;
  }

  protected override updated(): void {
    const root = this.renderRoot;
    this.#slider.take(root.querySelector<HTMLElement>('.tracks'), root.querySelector<HTMLElement>('.now'));
    this.#follow.update(root.querySelector<HTMLElement>('.transcript'));
    this.#timeline.update();
    this.#playhead.show();
  }

  #open(): void {
    this.#news = '';
    const open = (): void => this.#watch(this.#review.open(this.#choice.of(this)));
    if (this.#departure.releasing) void this.#departure.releasing.then(() => this.isConnected && open());
    else open();
  }

  #loaded(session: ReviewSession | undefined, same: boolean): void {
    if (this.hasUpdated) this.#timeline.open(same);
    if (!session || same) return;
    this.#news = this.#texts.loaded(session.turns.length, session.durationMs);
    this.#dispatch('loaded', { session });
  }

  /** The place or the state has changed: everything that shows it is written again. */
  #moved(): void {
    this.#slider.moved();
    if (this.review) this.#timeline.follow();
    if (this.state !== this.#told) {
      this.#told = this.state;
      this.#dispatch('statechange', { state: this.state });
    }
    this.requestUpdate();
    this.#playhead.run();
  }

  /** The playhead has come into another turn, or out of all. */
  #entered(turn: ReviewTurn | undefined): void {
    this.#dispatch('turnchange', { turn });
  }

  #press(event: KeyboardEvent): void {
    if (!this.review) return;
    const taken = this.#follow.move(event);
    const action = taken ? undefined : actionOf(event);
    if (!taken && !action) return;
    event.preventDefault();
    if (action) this.#actions.do(action);
  }

  #tell(news: string): void {
    this.#news = news;
    this.requestUpdate();
  }

  /** Falls silent and closes what we opened. */
  async #release(): Promise<void> {
    this.#playhead.stop();
    this.#timeline.dispose();
    await this.#review.open(undefined);
    await this.#review.dispose();
    await this.#choice.dispose();
  }

  #dispatch(type: string, detail: unknown, bubbles = true): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles, composed: true }));
  }

  /** For work that has a caller: its failure is shown, too. */
  async #shown(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (thrown) {
      this.#review.fail(thrown, false);
      throw thrown;
    }
  }

  /** For work that no caller awaits: its failure is shown. */
  #watch(work: Promise<unknown>): void {
    work.catch((thrown: unknown) => {
      if (this.#review.failure?.thrown !== thrown) this.#review.fail(thrown, false);
    });
  }
}
