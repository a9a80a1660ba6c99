import { TurntapeError } from '../../core/errors.ts';
import type { MicrophoneEvent, SessionMicrophone } from '../../core/events.ts';
import type { InputNote } from '../../core/messages/capture-note.ts';
import { type MicrophoneChoice, mediaDevices } from './devices.ts';
import { type Microphone, type MicrophoneConstraints, exactly, openMicrophone } from './microphone.ts';
import { Scope } from '../scope.ts';

/** How often a track is looked at: `stop()` by the page makes no event, nor does `enabled`. */
const LOOK_EVERY_MS = 200;

export interface MicrophoneLifeParts {
  /** The session's constraints: what a choice does not say stays as it was. */
  constraints: MicrophoneConstraints;
  scope: Scope;
  /**
   * Connects the stream in the place of the one before, and settles then. Called before anything is noted of it.
   * `sounds`: the one before is alive, and is heard until this one sounds.
   */
  use: (microphone: Microphone, sounds: boolean) => Promise<void>;
  note: (state: InputNote) => void;
  tell: (event: MicrophoneEvent) => void;
  fail: (error: TurntapeError) => void;
}

/**
 * The microphone of a session: changed by choice, watched, and replaced by the default one when it goes away. A stream
 * that the app gave us is not replaced: nothing that it did not ask for is opened.
 */
export class MicrophoneLife {
  readonly #parts: MicrophoneLifeParts;
  #microphone: Microphone;
  #track: Scope;
  #state: MicrophoneEvent['state'] = 'live';
  #off = false;
  #opening: Promise<void> | undefined;

  constructor(microphone: Microphone, parts: MicrophoneLifeParts) {
    this.#parts = parts;
    this.#microphone = microphone;
    this.#track = this.#watch(microphone);
    const { scope } = parts;
    scope.add(async () => {
      await this.#track.dispose();
      release(this.#microphone);
    });
    const devices = mediaDevices();
    if (devices)
      scope.listen(devices, 'devicechange', () => {
        this.#devicesChanged(devices).catch((thrown: unknown) => parts.fail(failed(thrown)));
      });
    this.#watchPermission();
    const timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    scope.add(() => clearInterval(timer));
  }

  get track(): MediaStreamTrack {
    return this.#microphone.track;
  }

  /** Errors: those of `openMicrophone`; the one before goes on then. */
  async set(choice: MicrophoneChoice): Promise<void> {
    await this.#opening;
    if (this.#microphone.absent)
      throw new TurntapeError('source_taken', 'the app writes the user: a microphone needs a session with one', {
        field: 'microphone',
      });
    const wanted = choice instanceof MediaStream ? choice : { ...this.#parts.constraints, ...exactly(choice) };
    await this.#take(await openMicrophone(wanted));
  }

  /** What it is and how it does. */
  get facts(): SessionMicrophone {
    const { track, owned } = this.#microphone;
    return { state: this.#state, label: track.label, deviceId: owned ? track.getSettings().deviceId : undefined };
  }

  /** The engine hears digital silence, or does no more. */
  heardSilence(silent: boolean): void {
    if (silent && this.#state === 'live') this.#become('silent');
    if (!silent && this.#state === 'silent') this.#become('live');
  }

  /** What is the matter with it now, for an engine that has not heard of it. */
  noteAgain(): void {
    if (this.#state === 'muted' || this.#state === 'lost') this.#parts.note(this.#state);
    else if (this.#off) this.#parts.note('off');
  }

  async #take(microphone: Microphone): Promise<void> {
    if (this.#parts.scope.disposed) {
      release(microphone);
      return;
    }
    const before = this.#microphone;
    await this.#track.dispose();
    this.#microphone = microphone;
    const sounds = before.track.readyState === 'live' && before.track !== microphone.track;
    await this.#parts.use(microphone, sounds);
    if (before.track !== microphone.track) release(before);
    // Meanwhile it was replaced by another, or the session ended and let go of it.
    if (this.#parts.scope.disposed || this.#microphone !== microphone) return;
    this.#parts.note('changed');
    this.#off = false;
    this.#track = this.#watch(microphone);
    this.#become('live');
  }

  #watch(microphone: Microphone): Scope {
    const scope = new Scope((thrown) => this.#parts.fail(failed(thrown)));
    const { track, absent } = microphone;
    if (absent) return scope;
    scope.listen(track, 'ended', () => this.#look());
    scope.listen(track, 'mute', () => this.#mute());
    scope.listen(track, 'unmute', () => {
      this.#parts.note('live');
      this.#become('live');
    });
    if (track.muted) queueMicrotask(() => this.#mute());
    return scope;
  }

  /** A person who takes the permission back and gives it again finds the session alive. */
  #watchPermission(): void {
    // Absent, or without this name, in older browsers: then a device that comes is what we wait for.
    const permissions = navigator.permissions as Permissions | undefined;
    permissions?.query({ name: 'microphone' }).then(
      (status) =>
        this.#parts.scope.listen(status, 'change', () => {
          if (status.state === 'granted' && this.#state === 'lost' && this.#microphone.owned) this.#replace();
        }),
      () => undefined,
    );
  }

  #mute(): void {
    this.#parts.note('muted');
    this.#become('muted');
  }

  #look(): void {
    const { track, absent } = this.#microphone;
    if (absent) return;
    if (track.readyState === 'ended') {
      if (this.#state !== 'lost') this.#lost();
      return;
    }
    if (track.enabled !== this.#off) return;
    this.#off = !track.enabled;
    this.#parts.note(this.#off ? 'off' : 'live');
  }

  #lost(): void {
    this.#parts.note('lost');
    this.#become('lost');
    if (this.#microphone.owned) this.#replace();
    else
      this.#parts.fail(new TurntapeError('microphone_failed', 'the stream of the microphone has ended: give another'));
  }

  /** Opens the default one. Without success the track stays silent until a device comes or the permission does. */
  #replace(): void {
    const { deviceId: _gone, ...constraints } = this.#parts.constraints;
    this.#opening ??= openMicrophone(constraints)
      .then((microphone) => this.#take(microphone))
      .catch((thrown: unknown) => {
        const error = failed(thrown);
        if (error.code === 'microphone_denied') this.#parts.note('denied');
        this.#parts.fail(error);
      })
      .finally(() => (this.#opening = undefined));
  }

  async #devicesChanged(devices: MediaDevices): Promise<void> {
    if (this.#state === 'lost') {
      if (this.#microphone.owned) this.#replace();
      return;
    }
    const { deviceId } = this.#microphone.track.getSettings();
    const found = await devices.enumerateDevices();
    const known = found.filter((device) => device.kind === 'audioinput' && device.deviceId !== '');
    // Before the permission, or without one, there are no ids to look for.
    if (!this.#microphone.owned || !deviceId || known.length === 0) return;
    if (known.every((device) => device.deviceId !== deviceId)) this.#lost();
  }

  #become(state: MicrophoneEvent['state']): void {
    if (state === this.#state && state !== 'live') return;
    this.#state = state;
    this.#parts.tell({ state, label: this.#microphone.track.label });
  }
}

/** What we did not open we do not stop. */
function release({ owned, track }: Microphone): void {
  if (owned) track.stop();
}

function failed(thrown: unknown): TurntapeError {
  if (thrown instanceof TurntapeError) return thrown;
  return new TurntapeError('microphone_failed', 'the microphone could not be opened again', { cause: thrown });
}
