// Segments and words as the recorder sends them, every field of the wire included: what is parsed is part of what it costs.
import { createHash, randomBytes, randomUUID } from 'node:crypto';

/** A file that is told to be WAV and holds chance, so that nothing on the way can make it smaller. */
export function randomAudio(bytes) {
  const audio = randomBytes(bytes);
  audio.write('RIFF', 0);
  audio.write('WAVE', 8);
  return { audio, sha256: createHash('sha256').update(audio).digest('hex') };
}

/** Facts of a segment; what is given takes the place of what is here. */
export function segmentFacts({ audio, sha256 }, facts = {}) {
  const endedAt = new Date();
  return {
    segment_id: randomUUID(),
    session_id: randomUUID(),
    turn_id: randomUUID(),
    part: 1,
    is_last: true,
    speaker: 'user',
    utterance_ids: [],
    external_id: null,
    overlaps_turn_id: null,
    replaces: null,
    format: 'wav',
    sample_rate: 16_000,
    input_sample_rate: 48_000,
    num_channels: 1,
    duration_ms: 1000,
    byte_size: audio.byteLength,
    sha256,
    started_at: new Date(endedAt.getTime() - 1000).toISOString(),
    ended_at: endedAt.toISOString(),
    sent_at: endedAt.toISOString(),
    clock_epoch: 0,
    clock_rate: 48_000,
    start_frame: 48_000,
    end_frame: 96_000,
    interrupted: false,
    interruption_cause: null,
    end_reason: 'speech_end',
    rendered_ms: null,
    heard_ms: null,
    generated_ms: null,
    speech_onset_ms: 300,
    response_latency_ms: null,
    gaps: [],
    marks: [],
    input_latency_ms: 10,
    output_latency_ms: 20,
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
    schema: 1,
    ...facts,
  };
}
