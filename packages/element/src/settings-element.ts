import type { PropertyDeclarations, PropertyValues } from 'lit';
import type { RecorderOptions } from 'turntape';
import { FormElement } from './form-element.ts';
import type { RecorderSettings, TargetHeaders } from './recorder-source.ts';
import type { TurnTapeTextsPatch } from './texts.ts';

/** A change of one of these asks for another recorder. */
const OF_THE_RECORDER = ['target', 'format', 'consent', 'headers', 'pushToTalk', 'options'] as const;

/** What a page says of the recorder that it wants: by attributes what is short, by properties what is not. */
export abstract class SettingsElement extends FormElement {
  static override properties: PropertyDeclarations = {
    target: { reflect: true },
    format: { reflect: true, useDefault: true },
    consent: { reflect: true, useDefault: true },
    subject: { reflect: true, useDefault: true },
    consentVersion: { attribute: 'consent-version', reflect: true, useDefault: true },
    pushToTalk: { attribute: 'push-to-talk', type: Boolean, reflect: true },
    deafened: { type: Boolean, reflect: true },
    volume: { type: Number, reflect: true, useDefault: true },
    options: { attribute: false },
    headers: { attribute: false },
    metadata: { attribute: false },
    texts: { attribute: false },
  };

  /** Base address of the backend. Without it everything stays on this device. */
  declare target: string | undefined;
  /** Of the files. Default `opus`. */
  declare format: 'opus' | 'wav' | 'mp3';
  /** `required` (default): nothing is captured before a person agreed here. */
  declare consent: 'required' | 'granted';
  /** Who agrees, as it is written into the consent record. Default `anonymous`. */
  declare subject: string;
  /** Version of the consent text, as it is written into the consent record. Default `1`. */
  declare consentVersion: string;
  /** The user's turns are held by hand. A recorder that the page gives needs `vad: false` for it. */
  declare pushToTalk: boolean;
  /** The person hears nothing of the bot, in this session and in those to come. Follows the session, too. */
  declare deafened: boolean;
  /** How loud the bot is for the person, 0 … 1, in this session and in those to come. Follows the session, too. Default 1. */
  declare volume: number;
  /** Further options for the element's own recorder. They win over the attributes. */
  declare options: RecorderOptions | undefined;
  /** Headers of every request to `target`: an object, or a function that is asked each time. */
  declare headers: TargetHeaders | undefined;
  /** The app's own facts of the next session. Plain JSON. */
  declare metadata: Record<string, unknown> | undefined;
  /** Texts in place of the English ones. */
  declare texts: TurnTapeTextsPatch | undefined;

  constructor() {
    super();
    this.format = 'opus';
    this.consent = 'required';
    this.subject = 'anonymous';
    this.consentVersion = '1';
    this.pushToTalk = false;
    this.deafened = false;
    this.volume = 1;
  }

  /** For the recorder to be made. */
  protected get settings(): RecorderSettings {
    const { target, headers, format, consent, pushToTalk, options } = this;
    return { target, headers, format, consent, pushToTalk, options };
  }

  /** True when what changed means another recorder. */
  protected isAnotherRecorder(changed: PropertyValues<this>): boolean {
    return OF_THE_RECORDER.some((name) => changed.has(name));
  }
}
