import { runTool } from '../fixtures/speak.mjs';

/** What is in an audio file, found by decoding all of it. Container fields lie: they count an Opus pre-skip as audio. */
export interface DecodedAudio {
  samples: Int16Array;
  sampleRate: number;
  numChannels: number;
  /** As `ffprobe` names them: `opus`, `pcm_s16le`. */
  codec: string;
  /** `ogg`, `wav`. */
  container: string;
}

/** Decodes the first channel of a file with ffmpeg. Throws at the first fault it finds. */
export async function decodeAudio(file: string): Promise<DecodedAudio> {
  const fields = 'stream=codec_name,sample_rate,channels:format=format_name';
  const probe = await runTool('ffprobe', ['-v', 'error', '-show_entries', fields, '-of', 'json', file]);
  const { streams, format } = JSON.parse(probe.toString()) as {
    streams: { codec_name: string; sample_rate: string; channels: number }[];
    format: { format_name: string };
  };
  const [stream] = streams;
  if (!stream || streams.length !== 1) throw new Error(`${file} has ${streams.length} streams, not one.`);
  const pcm = await runTool('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 's16le', '-']);
  const interleaved = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.byteLength));
  return {
    samples: interleaved.filter((_, index) => index % stream.channels === 0),
    sampleRate: Number(stream.sample_rate),
    numChannels: stream.channels,
    codec: stream.codec_name,
    container: format.format_name,
  };
}

/** The first sample louder than −40 dB of the loudest, or undefined for silence. */
export function speechOnset({ samples }: DecodedAudio): number | undefined {
  const peak = samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0);
  return peak === 0 ? undefined : samples.findIndex((sample) => Math.abs(sample) >= peak * 0.01);
}

/** The sample after the last one louder than −40 dB of the loudest, or undefined for silence. */
export function speechEnd({ samples }: DecodedAudio): number | undefined {
  const peak = samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0);
  return peak === 0 ? undefined : samples.findLastIndex((sample) => Math.abs(sample) >= peak * 0.01) + 1;
}
