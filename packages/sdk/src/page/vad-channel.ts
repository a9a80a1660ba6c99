import { TurntapeError } from '../core/errors.ts';
import type { EngineThread } from './engine-life.ts';

/** Where `client_vad_start` and `client_vad_stop` leave without the page. */
export type VadChannelOption = MessagePort | RTCDataChannel;

/** Error: `invalid_option`. */
export function checkVadChannel(value: unknown): VadChannelOption | undefined {
  if (value === undefined) return undefined;
  const isPort = typeof MessagePort === 'function' && value instanceof MessagePort;
  // Absent in workers, in Node, and where WebRTC is switched off.
  const isDataChannel = typeof RTCDataChannel === 'function' && value instanceof RTCDataChannel;
  if (isPort || isDataChannel) return value;
  throw new TurntapeError('invalid_option', 'vadChannel must be a MessagePort or an RTCDataChannel', {
    field: 'vadChannel',
  });
}

/** Hands the channel over to the engine. Error: `invalid_option`, when it cannot be given away. */
export function giveVadChannel(thread: EngineThread, channel: VadChannelOption | undefined): void {
  if (!channel) return;
  try {
    thread.connect({ type: 'vad-channel', port: channel });
  } catch (cause) {
    const message =
      channel instanceof MessagePort
        ? 'vadChannel was given away already: a port belongs to one recorder'
        : 'vadChannel cannot be handed to the engine: this browser does not transfer RTCDataChannels, or it was used before. Call createRecorder() in the same task as createDataChannel(), or pass a MessagePort and forward from its other end';
    throw new TurntapeError('invalid_option', message, { field: 'vadChannel', cause });
  }
}
