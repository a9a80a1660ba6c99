import type { LitElement, ReactiveController } from 'lit';
import type { Recorder } from 'turntape';
import type { Announcer } from './announcer.ts';
import type { DevicePicker } from './controls/device-picker.ts';
import type { HoldToTalk } from './controls/hold-to-talk.ts';
import type { StandingWatch } from './delivery/standing-watch.ts';
import { Departure } from './departure.ts';
import type { LivePicture } from './live-picture.ts';
import type { RecorderSettings, RecorderSource } from './recorder-source.ts';
import type { SessionActions } from './session-actions.ts';
import type { SessionController } from './session-controller.ts';
import type { Surroundings } from './surroundings.ts';

/** What is opened when the element comes into a page, and closed when it is gone for good. */
export interface HouseholdParts {
  source: RecorderSource;
  session: SessionController;
  devices: DevicePicker;
  surroundings: Surroundings;
  actions: SessionActions;
  hold: HoldToTalk;
  announcer: Announcer;
  picture: LivePicture;
  standing: StandingWatch;
  /** For the recorder to be made. */
  settings(): RecorderSettings;
}

/** Opens the recorder when the element comes into a page, and lets go of everything when it stays out of it. */
export class Household implements ReactiveController {
  readonly #host: LitElement;
  readonly #parts: HouseholdParts;
  readonly #departure: Departure;

  constructor(host: LitElement, parts: HouseholdParts) {
    this.#host = host;
    this.#parts = parts;
    const fail = (thrown: unknown): void => parts.session.fail(thrown, false);
    this.#departure = new Departure(host, () => this.#release().catch(fail));
    host.addController(this);
  }

  hostConnected(): void {
    const { surroundings, picture, session } = this.#parts;
    surroundings.watch();
    picture.watch(this.#host);
    this.#prepare().catch((thrown: unknown) => session.fail(thrown, true));
  }

  hostDisconnected(): void {
    this.#parts.hold.release();
    this.#departure.left();
  }

  /** The page's recorder, or our own, opened now if it is not yet. */
  async openRecorder(): Promise<Recorder> {
    await this.#departure.releasing;
    return this.#parts.source.open(this.#parts.settings());
  }

  /** Opens the recorder ahead of the first start. What an earlier visit left in the outbox is delivered from then on. */
  async #prepare(): Promise<void> {
    // After the properties of this step are set: a page that gives its own recorder must not make us open another.
    await this.#host.updateComplete;
    if (!this.#host.isConnected) return;
    const recorder = await this.openRecorder();
    const { source, session, devices } = this.#parts;
    if (recorder !== source.current) return;
    session.follow(recorder);
    devices.follow(recorder);
  }

  /** Ends what runs and closes what we opened. What was captured is kept. */
  async #release(): Promise<void> {
    const { standing, surroundings, announcer, picture, actions, session, devices, source } = this.#parts;
    standing.release();
    surroundings.release();
    announcer.release();
    picture.release();
    await actions.dispose();
    await session.stop();
    session.release();
    devices.release();
    await source.closeOwn();
  }
}
