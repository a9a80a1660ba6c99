import { expect, test } from 'vitest';
import { type RealtimeConnection, openConnection } from './realtime-connection.ts';

function fakeLine() {
  const sent: unknown[] = [];
  return Object.assign(new EventTarget(), { sent, send: (data: string) => void sent.push(JSON.parse(data)) });
}

const clear = { type: 'output_audio_buffer.clear' } as const;
const peerConnection = Object.assign(new EventTarget(), { getReceivers: () => [] });

test('[ADAPT-8] a session of the Agents SDK is taken apart, by either transport, and hears of what it is to send', () => {
  const asked: unknown[] = [];
  const [websocket, dataChannel] = [fakeLine(), fakeLine()];
  const sendEvent = (event: unknown): void => void asked.push(event);
  const bySocket = openConnection({ transport: { connectionState: { status: 'connected', websocket }, sendEvent } });
  expect(bySocket).toMatchObject({ line: websocket, audio: undefined });
  bySocket.send(clear);
  expect([asked, websocket.sent]).toEqual([[clear], []]);
  const byPeer = openConnection({
    transport: { connectionState: { status: 'connected', peerConnection, dataChannel } },
  });
  expect(byPeer).toMatchObject({ line: dataChannel, audio: { peerConnection } });
  // One without `sendEvent` is told by its channel.
  byPeer.send(clear);
  expect(dataChannel.sent).toEqual([clear]);
});

test.each<[RealtimeConnection, string]>([
  [{ transport: { connectionState: { status: 'disconnected', websocket: undefined } } }, 'transport'],
  [{ transport: {} }, 'transport'],
  [{ dataChannel: fakeLine() }, 'source'],
  [{ dataChannel: {} as RTCDataChannel, peerConnection }, 'dataChannel'],
  [{ socket: undefined as unknown as WebSocket }, 'socket'],
])('[ADAPT-8] what is no connection, or not yet one, is refused by name: %o, %s', (connection, field) => {
  expect(() => openConnection(connection)).toThrowError(expect.objectContaining({ code: 'invalid_argument', field }));
});
