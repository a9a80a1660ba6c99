import { html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { heardText, speechText } from './heard-words.ts';
import type { HeardText, TimedSentence } from './heard-words.ts';
import { LightElement } from './light-element.ts';

/** Whether the voice can speak. */
export type VoiceState = 'loading' | 'ready' | 'failed';

/**
 * What the bot is saying, word by word, as it is heard; after a cut, what nobody heard stands there as a ghost.
 *
 * @fires demo-interrupt - The button was pressed.
 */
export class DemoCaption extends LightElement {
  static override properties: PropertyDeclarations = { voice: {}, failure: {}, live: { type: Boolean } };

  declare voice: VoiceState;
  declare failure: string | undefined;
  /** A session runs. */
  declare live: boolean;

  #turnId: string | undefined;
  #sentences: readonly TimedSentence[] = [];
  #soundsSince: number | undefined;
  #finished: { cut: boolean; text: HeardText } | undefined;

  constructor() {
    super();
    this.voice = 'loading';
    this.live = false;
  }

  /** Further sentences of a turn. */
  speech(turnId: string, sentences: readonly TimedSentence[]): void {
    if (turnId !== this.#turnId) {
      this.#turnId = turnId;
      this.#soundsSince = undefined;
      this.#finished = undefined;
    }
    this.#sentences = sentences;
    this.requestUpdate();
  }

  /** The first frame of the turn was put out, just now. */
  sounding(turnId: string): void {
    if (turnId !== this.#turnId) return;
    this.#soundsSince = performance.now();
    this.#run();
  }

  /** The turn is over. */
  finished(turnId: string, cut: boolean, text: HeardText): void {
    if (turnId !== this.#turnId) return;
    this.#finished = { cut, text };
    this.requestUpdate();
  }

  /** Empty again, for a new session. */
  clear(): void {
    this.#turnId = undefined;
    this.#sentences = [];
    this.#finished = undefined;
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const speaking = this.#turnId !== undefined && !this.#finished && this.live;
    return html`
      <section class="panel caption" aria-label="The bot">
        <div class="caption-head">
          <h2>The bot</h2>
          <span class="caption-state">${this.#stateText(speaking)}</span>
          <button
            type="button"
            class="ghost-button"
            data-testid="interrupt"
            ?disabled=${!speaking}
            @click=${() => this.dispatchEvent(new CustomEvent('demo-interrupt', { bubbles: true }))}
          >
            Interrupt
          </button>
        </div>
        <p class="caption-text" data-testid="bot-caption">${this.#words()}</p>
      </section>
    `;
  }

  #stateText(speaking: boolean): string {
    if (this.voice === 'loading') return 'loading its voice';
    if (this.voice === 'failed') return 'has no voice';
    if (!this.live) return this.#finished ? '' : 'waiting';
    return speaking ? 'speaking' : 'listening';
  }

  #words(): TemplateResult | string {
    if (this.failure !== undefined) return `The voice failed: ${this.failure}`;
    if (this.#turnId === undefined) return 'It speaks first. Then it is your turn.';
    const { heard, unheard } = this.#finished?.text ?? heardText(this.#sentences, this.#elapsedMs());
    const ghost = this.#finished?.cut === true;
    return html`<span class="said">${heard}</span>${
        unheard === '' ? nothing : html`<span class=${ghost ? 'unheard' : 'coming'}>${unheard}</span>`
      }${ghost && unheard !== '' ? html`<span class="cut-note">cut here: the rest was never heard</span>` : nothing}`;
  }

  #elapsedMs(): number {
    return this.#soundsSince === undefined ? 0 : performance.now() - this.#soundsSince;
  }

  /** Draws a frame for each word, no more: nothing moves in between. */
  #run(): void {
    if (this.#finished || this.#soundsSince === undefined || !this.isConnected) return;
    const before = heardText(this.#sentences, this.#elapsedMs()).heardWords;
    requestAnimationFrame(() => {
      if (heardText(this.#sentences, this.#elapsedMs()).heardWords !== before) this.requestUpdate();
      if (this.#elapsedMs() < this.#totalMs()) this.#run();
    });
  }

  #totalMs(): number {
    // A little longer than the audio, so that its last word is drawn, and sentences may still be added.
    return this.#sentences.reduce((sum, { durationMs }) => sum + durationMs, 0) + 500;
  }

  /** The whole text, for whoever cannot see which of it was heard. */
  get text(): string {
    return speechText(this.#sentences);
  }
}

customElements.define('demo-caption', DemoCaption);
