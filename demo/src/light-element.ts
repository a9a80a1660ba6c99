import { LitElement } from 'lit';

/** The demo's own parts draw into the page itself, so that one stylesheet serves them all. */
export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
