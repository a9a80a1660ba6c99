import { TurntapeError } from '../../core/errors.ts';
import { type Endpoint, typedPort } from '../../core/messages/ports.ts';
import type { ClientVadMessage } from '../../core/wire.ts';

/** What an RTCDataChannel is to us: workers' type libraries do not know it. */
interface DataChannel {
  readonly readyState: 'connecting' | 'open' | 'closing' | 'closed';
  send(text: string): void;
  addEventListener(type: 'open', listener: () => void): void;
}

/**
 * The app's own way out for `client_vad_start` and `client_vad_stop`: a MessagePort gets the message as an object, an
 * RTCDataChannel as JSON. It runs in the engine, so a page that stands still holds up nothing. What is said before a
 * data channel is open waits for it; a closed one is said once.
 */
export class VadChannel {
  readonly #send: (message: ClientVadMessage) => void;
  readonly #onError: (error: TurntapeError) => void;
  #lost = false;

  constructor(channel: unknown, onError: (error: TurntapeError) => void) {
    this.#onError = onError;
    if (isDataChannel(channel)) {
      const waiting: string[] = [];
      channel.addEventListener('open', () => {
        for (const text of waiting.splice(0)) channel.send(text);
      });
      this.#send = (message) => {
        const text = JSON.stringify(message);
        if (channel.readyState === 'connecting') waiting.push(text);
        else channel.send(text);
      };
      return;
    }
    const port = typedPort<ClientVadMessage, never>(channel as Endpoint, () => []);
    this.#send = (message) => port.send(message);
  }

  /** Never throws: speech goes on whatever becomes of its messages. */
  send(message: ClientVadMessage): void {
    try {
      this.#send(message);
    } catch (cause) {
      if (this.#lost) return;
      this.#lost = true;
      this.#onError(
        new TurntapeError('network', 'the vadChannel takes no more messages', { field: 'vadChannel', cause }),
      );
    }
  }
}

function isDataChannel(channel: unknown): channel is DataChannel {
  return typeof (channel as Partial<DataChannel>).readyState === 'string';
}
