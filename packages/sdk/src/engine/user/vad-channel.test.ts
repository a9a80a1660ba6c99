import { expect, test } from 'vitest';
import type { TurntapeError } from '../../core/errors.ts';
import { VadChannel } from './vad-channel.ts';

const START = { type: 'client_vad_start', timestamp: 1_700_000_000.5 } as const;

test('[CUT-14] a MessagePort gets the message as it is', async () => {
  const { port1, port2 } = new MessageChannel();
  const arrived = new Promise((resolve) => port2.addEventListener('message', ({ data }) => resolve(data)));
  port2.start();
  new VadChannel(port1, () => expect.unreachable()).send(START);
  expect(await arrived).toEqual(START);
  port1.close();
});

/** Node has no data channel: this is one by its contract, `send` throws unless it is open. */
class DataChannelByContract extends EventTarget {
  readyState = 'connecting';
  readonly sent: string[] = [];
  send(text: string): void {
    if (this.readyState !== 'open') throw new DOMException('not open', 'InvalidStateError');
    this.sent.push(text);
  }
}

test('[CUT-14] a data channel gets JSON, in order, also what was said before it was open', () => {
  const channel = new DataChannelByContract();
  const errors: TurntapeError[] = [];
  const vadChannel = new VadChannel(channel, (error) => errors.push(error));
  vadChannel.send(START);
  channel.readyState = 'open';
  channel.dispatchEvent(new Event('open'));
  vadChannel.send({ ...START, type: 'client_vad_stop' });
  expect(channel.sent.map((text) => JSON.parse(text).type)).toEqual(['client_vad_start', 'client_vad_stop']);
  channel.readyState = 'closed';
  vadChannel.send(START);
  vadChannel.send(START);
  expect(errors).toMatchObject([{ code: 'network', field: 'vadChannel' }]);
});
