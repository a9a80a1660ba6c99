/**
 * A microphone of the page's own, on which somebody speaks when the test says so: a device that plays a file begins when it is
 * opened, and on a busy machine the word is over before anybody listens. The sound comes from the audio thread, whatever the page does.
 *
 * @param {string} wav a WAV file with one turn, 16-bit mono, as base64
 * @param {{ onsetMs: number, offsetMs: number }} turn where it is spoken in there
 */
export async function openVoice(wav, { onsetMs, offsetMs }) {
  const room = new AudioContext();
  const bytes = Uint8Array.from(atob(wav), (char) => char.charCodeAt(0));
  const buffer = await room.decodeAudioData(bytes.buffer);
  const out = room.createMediaStreamDestination();
  // A room is never digitally silent.
  const noise = room.createBuffer(1, room.sampleRate * 2, room.sampleRate);
  noise.getChannelData(0).forEach((_, at, samples) => (samples[at] = (Math.random() - 0.5) * 0.002));
  const air = new AudioBufferSourceNode(room, { buffer: noise, loop: true });
  air.connect(out);
  air.start();
  return {
    stream: out.stream,
    /** Says the turn so much later, in milliseconds. */
    say(inMs) {
      const source = new AudioBufferSourceNode(room, { buffer });
      source.connect(out);
      source.start(room.currentTime + inMs / 1000, onsetMs / 1000, (offsetMs - onsetMs) / 1000);
    },
    close: () => room.close(),
  };
}
