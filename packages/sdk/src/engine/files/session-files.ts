import { TurntapeError } from '../../core/errors.ts';
import { OPUS_RATE } from '../../codecs/opus-head.ts';
import { Resampler } from '../../codecs/resampler.ts';
import { checkEncoder } from '../../codecs/segment-encoder.ts';
import { wasmCodecs } from '../../codecs/wasm/wasm-codecs.ts';
import type { FileRequest } from '../../core/messages/page-engine.ts';
import { mp3RateBelow } from '../../core/mp3-rates.ts';
import type { SessionFileFacts } from '../../core/session-file.ts';
import type { SessionWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { readSession } from '../../storage/sessions.ts';
import { type FileBytes, opusFile, opusPackets, wavFile } from './encode-file.ts';
import { mp3File, mp3Settings } from './encode-mp3.ts';
import { type FileSource, channelsOf } from './file-source.ts';
import { keptSource } from './kept-source.ts';
import { type Pcm, together } from './placed.ts';
import { segmentsSource } from './segments-source.ts';

/** A file of a session: its facts, and its bytes as they are asked for. */
export interface SessionFileReading {
  facts: SessionFileFacts;
  bytes: FileBytes;
}

/** Samples that are resampled in one go. */
const BLOCK = 9600;

/**
 * Makes a file of a session: from the session file, when one was kept that has what is asked for, else from the turns'
 * segments. Nothing is read before the bytes are.
 * @throws TurntapeError `invalid_argument`: no such session on this device, an empty range; `storage_failed`;
 * `unsupported_format`, `asset_not_found`, `encoder_failed`: there is no encoder here.
 */
export async function readSessionFileAs(db: TurntapeDatabase, request: FileRequest): Promise<SessionFileReading> {
  const session = await readSession(db, request.sessionId);
  if (!session)
    throw new TurntapeError('invalid_argument', `session ${request.sessionId} is not on this device`, {
      field: 'sessionId',
    });
  const source = (await keptSource(db, request)) ?? (await segmentsSource(db, session, request));
  return readFrom(source, request, session);
}

async function readFrom(source: FileSource, request: FileRequest, session: SessionWire): Promise<SessionFileReading> {
  const { format, bitrate, fromMs, toMs } = request;
  const at = (ms: number): number => Math.round((ms / 1000) * source.rate);
  const from = fromMs === undefined ? source.from : at(fromMs);
  const to = toMs === undefined ? source.to : at(toMs);
  if (to < from) throw new TurntapeError('invalid_argument', 'toMs lies before fromMs', { field: 'toMs' });
  const sampleRate = rateOf(request, source);
  const samples = Math.round(((to - from) * sampleRate) / source.rate);
  const channels = channelsOf(request);
  const whole = from === source.from && to === source.to;
  const passThrough = whole ? source.passThrough : undefined;
  const sessionStartMs = (from / source.rate) * 1000;
  const durationMs = (samples / sampleRate) * 1000;
  const facts: SessionFileFacts = {
    sessionId: session.session_id,
    format,
    channels,
    numChannels: channels.length === 2 ? 2 : 1,
    sampleRate,
    samples,
    durationMs,
    startedAt: source.startedAt + sessionStartMs,
    sessionStartMs,
    betweenTurns: source.betweenTurns,
    gaps: clipped(source.gaps, channels, sessionStartMs, durationMs),
    marks: clipped(source.marks, channels, sessionStartMs, durationMs),
    encoder: passThrough
      ? { ...passThrough.encoder, passedThrough: true }
      : { codec: CODECS[format], passedThrough: false },
    schema: 1,
  };
  const comments = { CHANNELS: channels.join(','), BETWEEN_TURNS: source.betweenTurns };
  if (passThrough) return { facts, bytes: passThrough.bytes(comments) };
  const pcm = channels.map((channel) => resampled(source.pcm(channel, from, to), source.rate, sampleRate));
  if (format === 'wav') return { facts, bytes: wavFile(pcm, samples, sampleRate) };
  if (format === 'mp3') {
    const engine = await wasmCodecs.loadMp3Encoder();
    const settings = mp3Settings(facts.numChannels, sampleRate, bitrate);
    const { name, library } = engine;
    const encoder = { ...facts.encoder, engine: name, library, bitrate: settings.bitrate, bitrateMode: 'constant' };
    return { facts: { ...facts, encoder }, bytes: mp3File(pcm, { engine, settings, samples }) };
  }
  await checkEncoder({ format, sampleRate, bitrate });
  const packets = pcm.map((each) => opusPackets(each, bitrate));
  return {
    facts: { ...facts, encoder: { ...facts.encoder, bitrate } },
    bytes: opusFile(packets, { samples, comments }),
  };
}

const CODECS = { opus: 'opus', wav: 'pcm_s16le', mp3: 'mp3' } as const;

/** Of the file, in Hz. */
function rateOf({ format, sampleRate }: FileRequest, source: FileSource): number {
  if (format === 'opus') return OPUS_RATE;
  if (format === 'mp3') return mp3RateBelow(sampleRate ?? source.rate);
  return sampleRate ?? source.rate;
}

async function* resampled(pcm: Pcm, from: number, to: number): Pcm {
  if (from === to) {
    yield* pcm;
    return;
  }
  const resampler = new Resampler(from, to);
  for await (const [block] of together([pcm], BLOCK)) if (block) yield resampler.process(block);
  yield resampler.flush();
}

/** What of it lies in the file and on one of its channels, in milliseconds from the file's start. */
function clipped<Range extends { startMs: number; endMs: number; speaker: 'user' | 'bot' | null }>(
  ranges: readonly Range[],
  channels: SessionFileFacts['channels'],
  fromMs: number,
  durationMs: number,
): Range[] {
  return ranges
    .filter(({ speaker }) => speaker === null || channels.includes('mix') || channels.includes(speaker))
    .map((range) => ({
      ...range,
      startMs: Math.max(0, range.startMs - fromMs),
      endMs: Math.min(durationMs, range.endMs - fromMs),
    }))
    .filter(({ startMs, endMs }) => startMs < endMs)
    .sort((a, b) => a.startMs - b.startMs);
}
