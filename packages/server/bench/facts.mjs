// Segments and words as the recorder sends them, every field of the wire included: what is parsed is part of what it costs.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

// The contract's own samples, which are TypeScript.
const samples = await build({
  input: fileURLToPath(new URL('../../sdk/src/upload-contract/samples.ts', import.meta.url)),
  write: false,
});
const { sampleSegment } = await import(`data:text/javascript,${encodeURIComponent(samples.output[0].code)}`);

/** A file that is told to be WAV and holds chance, so that nothing on the way can make it smaller. */
export function randomAudio(bytes) {
  const audio = randomBytes(bytes);
  audio.write('RIFF', 0);
  audio.write('WAVE', 8);
  return { audio, sha256: createHash('sha256').update(audio).digest('hex') };
}

/** Facts of a segment that ended now; what is given takes the place of what is here. */
export function segmentFacts({ audio, sha256 }, facts = {}) {
  const endedAt = new Date();
  return {
    ...sampleSegment(randomUUID()),
    format: 'wav',
    sample_rate: 16_000,
    byte_size: audio.byteLength,
    sha256,
    started_at: new Date(endedAt.getTime() - 1000).toISOString(),
    ended_at: endedAt.toISOString(),
    sent_at: endedAt.toISOString(),
    capture: {
      settings: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: false,
        sampleRate: 48_000,
        channelCount: 1,
      },
      vad: { model: 'v6', threshold: 0.5 },
      encoder: { name: 'webcodecs', bitrate: 24_000, complexity: 9 },
    },
    ...facts,
  };
}
