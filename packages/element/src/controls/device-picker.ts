import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { AudioDevice, Recorder, Session } from 'turntape';
import { CARET_ICON, MICROPHONE_ICON, SPEAKER_ICON } from '../icons.ts';
import type { TurnTapeTexts } from '../texts.ts';

/** What the picker needs of its house. */
export interface DevicePorts {
  failed(thrown: unknown): void;
}

/** The devices of this machine, which of them is used, and the choice of another. */
export class DevicePicker implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #ports: DevicePorts;
  #recorder: Recorder | undefined;
  #off: (() => void) | undefined;
  #devices: readonly AudioDevice[] = [];
  #microphoneId = '';
  #outputId = '';

  constructor(host: ReactiveControllerHost, ports: DevicePorts) {
    this.#host = host;
    this.#ports = ports;
    host.addController(this);
  }

  /** Nothing to do: the element says when to follow and when to let go. */
  hostConnected(): void {}

  /** Follows the devices of a recorder. */
  follow(recorder: Recorder): void {
    this.release();
    this.#recorder = recorder;
    this.#off = recorder.devices.on('change', ({ devices }) => this.#show(devices));
    this.#look();
  }

  /** A session has begun, or its microphone has changed: only now do browsers tell the names. */
  used(session: Session): void {
    this.#microphoneId = session.microphone.deviceId ?? this.#microphoneId;
    this.#look();
  }

  release(): void {
    this.#off?.();
    this.#off = undefined;
    this.#recorder = undefined;
  }

  /** Nothing, as long as there is nothing to choose from. */
  template(texts: TurnTapeTexts, disabled: boolean): TemplateResult | typeof nothing {
    const named = (kind: AudioDevice['kind']): AudioDevice[] =>
      this.#devices.filter((device) => device.kind === kind && device.label !== undefined && device.deviceId !== '');
    const [inputs, outputs] = [named('input'), named('output')];
    const canChooseOutput = outputs.length > 1 && 'setSinkId' in AudioContext.prototype;
    if (inputs.length === 0 && !canChooseOutput) return nothing;
    return html`
      <div class="devices" part="devices">
        ${
          inputs.length === 0
            ? nothing
            : this.#select('microphone', texts.microphone, inputs, this.#microphoneId, { texts, disabled })
        }
        ${canChooseOutput ? this.#select('output', texts.loudspeaker, outputs, this.#outputId, { texts, disabled }) : nothing}
      </div>
    `;
  }

  #select(
    kind: 'microphone' | 'output',
    name: string,
    devices: readonly AudioDevice[],
    chosen: string,
    { texts, disabled }: { texts: TurnTapeTexts; disabled: boolean },
  ): TemplateResult {
    const known = devices.some(({ deviceId }) => deviceId === chosen);
    return html`
      <label class="device" part="device device-${kind}">
        ${kind === 'microphone' ? MICROPHONE_ICON : SPEAKER_ICON}
        <select
          part="device-select"
          aria-label=${name}
          ?disabled=${disabled}
          @change=${(event: Event) => void this.#choose(kind, event.target as HTMLSelectElement)}
        >
          ${known ? nothing : html`<option value="" .selected=${true}>${texts.defaultDevice}</option>`}
          ${devices.map(
            ({ deviceId, label }) =>
              html`<option value=${deviceId} .selected=${known && deviceId === chosen}>${label}</option>`,
          )}
        </select>
        <span class="caret" aria-hidden="true">${CARET_ICON}</span>
      </label>
    `;
  }

  async #choose(kind: 'microphone' | 'output', list: HTMLSelectElement): Promise<void> {
    const devices = this.#recorder?.devices;
    const deviceId = list.value;
    if (!devices) return;
    try {
      if (kind === 'microphone') {
        await devices.setMicrophone({ deviceId });
        this.#microphoneId = deviceId;
      } else {
        await devices.setOutput({ deviceId });
        this.#outputId = deviceId;
      }
    } catch (thrown) {
      // The one in use is shown again: the choice came to nothing.
      list.value = kind === 'microphone' ? this.#microphoneId : this.#outputId;
      this.#ports.failed(thrown);
    }
    this.#host.requestUpdate();
  }

  #look(): void {
    this.#recorder?.devices.list().then(
      (devices) => this.#show(devices),
      (thrown: unknown) => this.#ports.failed(thrown),
    );
  }

  #show(devices: readonly AudioDevice[]): void {
    this.#devices = devices;
    this.#host.requestUpdate();
  }
}
