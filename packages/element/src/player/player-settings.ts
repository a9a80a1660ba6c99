import { LitElement } from 'lit';
import type { PropertyDeclarations, PropertyValues } from 'lit';
import type { Session, StoredSession } from 'turntape';
import type { DeviceReader } from './device-source.ts';
import type { PlayerTextsPatch } from './player-texts.ts';
import type { ReviewSource } from './review-source.ts';
import type { ReviewHeaders } from './server-source.ts';

/** A change of one of these asks for another session. */
const SOURCES = ['src', 'sessionId', 'session', 'recorder', 'source', 'headers'] as const;

/** What a page says of the session that is to be reviewed, and how: by attributes what is short, by properties what is not. */
export abstract class PlayerSettings extends LitElement {
  static override properties: PropertyDeclarations = {
    src: { reflect: true },
    sessionId: { attribute: 'session-id', reflect: true },
    speed: { type: Number, reflect: true, useDefault: true },
    session: { attribute: false },
    recorder: { attribute: false },
    source: { attribute: false },
    headers: { attribute: false },
    texts: { attribute: false },
  };

  /** Address of a playback list. */
  declare src: string | undefined;
  /** A session on this device. */
  declare sessionId: string | undefined;
  declare speed: number;
  /** A session on this device, as `startSession()` or `sessions()` gave it. One that runs is read again as it grows. */
  declare session: Session | StoredSession | undefined;
  /** Reads the device. Default: one of the player's own, opened when it is needed. */
  declare recorder: DeviceReader | undefined;
  /** A source of your own. Goes before everything else. */
  declare source: ReviewSource | undefined;
  /** Headers of the request to `src`: an object, or a function that is asked each time. */
  declare headers: ReviewHeaders | undefined;
  /** Texts in place of the English ones. */
  declare texts: PlayerTextsPatch | undefined;

  constructor() {
    super();
    this.speed = 1;
  }

  /** True when what changed asks for another session. */
  protected isAnotherSession(changed: PropertyValues<this>): boolean {
    return SOURCES.some((name) => changed.has(name));
  }
}
