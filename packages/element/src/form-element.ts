import { LitElement } from 'lit';
import type { PropertyDeclarations } from 'lit';

/**
 * A control of a form whose value is the id of the session: what the server needs to find the recording that went its own
 * way. No value, as long as nothing was recorded.
 */
export abstract class FormElement extends LitElement {
  static readonly formAssociated = true;
  static override properties: PropertyDeclarations = {
    name: { reflect: true },
    required: { type: Boolean, reflect: true },
    disabled: { type: Boolean, reflect: true },
  };

  /** Of the field in the form. Without it the form does not send the session's id. */
  declare name: string | undefined;
  /** The form is not sent before something was recorded. */
  declare required: boolean;
  /** Nothing can be started. A session that runs goes on. */
  declare disabled: boolean;

  protected readonly internals: ElementInternals = this.attachInternals();
  #value = '';
  #disabledByForm = false;

  constructor() {
    super();
    this.required = false;
    this.disabled = false;
  }

  /** The form that it belongs to. */
  get form(): HTMLFormElement | null {
    return this.internals.form;
  }

  /** The id of the last session; empty before the first and after an erasure. */
  get value(): string {
    return this.#value;
  }

  get validity(): ValidityState {
    return this.internals.validity;
  }

  get validationMessage(): string {
    return this.internals.validationMessage;
  }

  get willValidate(): boolean {
    return this.internals.willValidate;
  }

  checkValidity(): boolean {
    return this.internals.checkValidity();
  }

  reportValidity(): boolean {
    return this.internals.reportValidity();
  }

  /** By its own attribute, or by the fieldset around it. */
  protected get isDisabled(): boolean {
    return this.disabled || this.#disabledByForm;
  }

  /** What the browser says where `required` is not met. */
  protected abstract get requiredText(): string;
  /** Where the browser points to. */
  protected abstract get anchor(): HTMLElement | undefined;
  /** Back to an empty control. What was recorded stays where it is. */
  protected abstract empty(): void;

  protected setValue(sessionId: string): void {
    this.#value = sessionId;
    this.internals.setFormValue(sessionId === '' ? null : sessionId);
    this.validate();
  }

  /** After each drawing, since the text and the anchor may be others. */
  protected validate(): void {
    if (this.required && this.#value === '')
      this.internals.setValidity({ valueMissing: true }, this.requiredText, this.anchor);
    else this.internals.setValidity({});
  }

  formDisabledCallback(disabled: boolean): void {
    this.#disabledByForm = disabled;
    this.requestUpdate();
  }

  formResetCallback(): void {
    this.empty();
  }

  /** The browser went back to a page that it remembers: the id is still the answer of the form. */
  formStateRestoreCallback(state: string | File | FormData | null): void {
    if (typeof state === 'string') this.setValue(state);
  }
}
