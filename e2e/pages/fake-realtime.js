/**
 * A server of OpenAI's Realtime API, as far as a recording sees of it: it says what the test says, by a socket of the page's own or by a real WebRTC
 * connection within the page, and writes down what it is told.
 */

/** A line that the test speaks by. `listeners` counts who is still on it. */
class FakeLine extends EventTarget {
  sent = [];
  listeners = 0;

  send(data) {
    const { event_id, ...event } = JSON.parse(data);
    this.sent.push(event);
    if (event.type === 'conversation.item.truncate') this.lastTruncation = event_id;
  }

  says(type, event = {}) {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify({ type, event_id: 'e', ...event }) }));
  }

  addEventListener(...args) {
    this.listeners += 1;
    super.addEventListener(...args);
  }

  removeEventListener(...args) {
    this.listeners -= 1;
    super.removeEventListener(...args);
  }
}

export const openSocket = () => new FakeLine();

/** `ms` of a tone of 16-bit PCM at 24 kHz, as base64 pieces of 100 ms. */
export function tonePieces(ms, hz = 440) {
  const samples = Int16Array.from({ length: 24 * ms }, (_, n) => 12_000 * Math.sin((2 * Math.PI * hz * n) / 24_000));
  const bytes = new Uint8Array(samples.buffer);
  // Pieces of an odd number of bytes, too: a sample may be cut in two.
  return Array.from({ length: Math.ceil(bytes.length / 4801) }, (_, n) =>
    btoa(String.fromCharCode(...bytes.subarray(n * 4801, (n + 1) * 4801))),
  );
}

/** A peer connection with a remote track that sounds while the test says so, and its data channel. */
export async function openPeer() {
  const room = new AudioContext();
  const out = room.createMediaStreamDestination();
  const voice = new OscillatorNode(room, { frequency: 440 });
  const mouth = new GainNode(room, { gain: 0 });
  voice.connect(mouth).connect(out);
  voice.start();
  const [server, client] = [new RTCPeerConnection(), new RTCPeerConnection()];
  server.onicecandidate = ({ candidate }) => void client.addIceCandidate(candidate ?? undefined);
  client.onicecandidate = ({ candidate }) => void server.addIceCandidate(candidate ?? undefined);
  for (const track of out.stream.getTracks()) server.addTrack(track, out.stream);
  const dataChannel = client.createDataChannel('oai-events');
  client.addTransceiver('audio');
  const line = new Promise((resolve) => (server.ondatachannel = ({ channel }) => resolve(channel)));
  const opened = new Promise((resolve) => dataChannel.addEventListener('open', resolve, { once: true }));
  const sent = [];
  /** @type {(() => void) | undefined} */
  let more;
  return {
    /** Settles when it was sent so many events. */
    wasTold: async (count) => {
      while (sent.length < count) await new Promise((resolve) => (more = resolve));
    },
    peerConnection: client,
    dataChannel,
    sent,
    sounds: (on) => mouth.gain.setValueAtTime(on ? 0.5 : 0, room.currentTime),
    /** Settles when messages and sound can come. */
    connect: async () => {
      await client.setLocalDescription();
      await server.setRemoteDescription(client.localDescription);
      await server.setLocalDescription();
      await client.setRemoteDescription(server.localDescription);
      const channel = await line;
      channel.addEventListener('message', ({ data }) => {
        const { event_id: _id, ...event } = JSON.parse(data);
        sent.push(event);
        more?.();
      });
      await opened;
      return { says: (type, event = {}) => channel.send(JSON.stringify({ type, event_id: 'e', ...event })) };
    },
    close: async () => {
      server.close();
      client.close();
      await room.close();
    },
  };
}

/** Settles when a session has told such an event. */
export const told = (session, type, is = () => true) =>
  new Promise((resolve) => {
    const off = session.on(type, (event) => {
      if (!is(event)) return;
      off();
      resolve(event);
    });
  });

/** Settles when a speaker is heard. */
export const heard = (session, speaker) =>
  told(session, 'level', (level) => level.speaker === speaker && level.rmsDb > -40);
