import { Emitter, type Off } from '../../core/emitter.ts';
import { TurntapeError } from '../../core/errors.ts';
import type { MicrophoneConstraints } from './microphone.ts';
import type { Scope } from '../scope.ts';

/** A device that sound comes in or goes out by. */
export interface AudioDevice {
  kind: 'input' | 'output';
  /** For `setMicrophone()` and `setOutput()`. It identifies the person's device: it never leaves the page. */
  deviceId: string;
  /** Undefined until the person has allowed the microphone. */
  label: string | undefined;
}

/** The microphone by its id, by constraints of your own, or a stream of your own. */
export type MicrophoneChoice = MicrophoneConstraints | MediaStream;

/** Where the bot is heard. The empty string is the system's default. */
export interface OutputChoice {
  deviceId: string;
}

/** What {@link Devices} tells, by event name. */
export interface DevicesEvents {
  /** A device came or went: all of them. */
  change: { devices: AudioDevice[] };
}

/** What a choice is applied to: the running session, when there is one. */
export interface DevicesSession {
  setMicrophone(choice: MicrophoneChoice): Promise<void>;
  setOutput(choice: OutputChoice): Promise<void>;
}

/** The devices of this machine, and which of them the sessions use. */
export class Devices {
  readonly #session: () => DevicesSession | undefined;
  readonly #events: Emitter<DevicesEvents>;
  #microphone: MicrophoneChoice | undefined;
  #output: OutputChoice | undefined;

  /** @internal */
  constructor(scope: Scope, session: () => DevicesSession | undefined, onError: (thrown: unknown) => void) {
    this.#session = session;
    this.#events = new Emitter<DevicesEvents>(onError);
    const devices = mediaDevices();
    if (devices)
      scope.listen(devices, 'devicechange', () => {
        this.list().then((found) => this.#events.emit('change', { devices: found }), onError);
      });
  }

  /** @internal What was chosen for the sessions to come. */
  get chosen(): { microphone: MicrophoneChoice | undefined; output: OutputChoice | undefined } {
    return { microphone: this.#microphone, output: this.#output };
  }

  /** Listens; the returned function stops. */
  on<Type extends keyof DevicesEvents>(type: Type, listener: (event: DevicesEvents[Type]) => void): Off {
    return this.#events.on(type, listener);
  }

  /** Every input and output. Before the permission browsers tell that there are some, not which. */
  async list(): Promise<AudioDevice[]> {
    const found = (await mediaDevices()?.enumerateDevices()) ?? [];
    return found.flatMap(({ kind, deviceId, label }) => {
      if (kind === 'videoinput') return [];
      return [{ kind: kind === 'audioinput' ? 'input' : 'output', deviceId, label: label || undefined } as const];
    });
  }

  /**
   * The microphone of the running session, and of those to come. Errors, when a session runs: those of
   * `session.setMicrophone()`.
   */
  async setMicrophone(choice: MicrophoneChoice): Promise<void> {
    await this.#session()?.setMicrophone(choice);
    this.#microphone = choice;
  }

  /** Where the bot is heard in the running session, and in those to come. Errors: `output_unsupported`, `output_failed`. */
  async setOutput(choice: OutputChoice): Promise<void> {
    if (!('setSinkId' in AudioContext.prototype)) throw outputUnsupported();
    await this.#session()?.setOutput(choice);
    this.#output = choice;
  }
}

/** Plays a context on another device. Errors: `output_unsupported`, `output_failed`. */
export async function setSink(context: AudioContext, { deviceId }: OutputChoice): Promise<void> {
  // Absent outside of Chromium.
  const { setSinkId } = context as { setSinkId?: (id: string) => Promise<void> };
  if (!setSinkId) throw outputUnsupported();
  try {
    await setSinkId.call(context, deviceId);
  } catch (cause) {
    throw new TurntapeError('output_failed', 'the output device is gone, or may not be used by this page', {
      field: 'deviceId',
      retryable: true,
      cause,
    });
  }
}

/** Undefined on a page that is not a secure context. */
export function mediaDevices(): MediaDevices | undefined {
  return navigator.mediaDevices;
}

function outputUnsupported(): TurntapeError {
  const message = 'this browser plays on the system’s default device only: change it there';
  return new TurntapeError('output_unsupported', message, { field: 'deviceId' });
}
