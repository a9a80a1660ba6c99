import { silenceChunk } from '../../codecs/silence.ts';
import { readPacketChunk } from '../../codecs/packet-chunk.ts';
import type { SessionLayout } from '../../core/session-file.ts';
import type { Speaker } from '../../core/turn.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import type { Lane, SessionChunkRow, SessionFileRow } from '../../storage/rows.ts';
import { lastSessionChunk } from '../../storage/session-files.ts';

/** Packets of every lane are this long, so that lanes can be joined packet by packet; a run begins on a whole one. */
export const SESSION_PACKET_MS = 20;

/** The lanes of a layout, in the order of the channels. */
export function lanesOf(layout: SessionLayout): readonly Lane[] {
  return layout === 'stereo' ? ['user', 'bot'] : ['mix'];
}

/** The lanes that hold a speaker's sound; of a mix that is all of it. */
export function lanesOfSpeakers(layout: SessionLayout, speaker: Speaker | undefined): readonly Lane[] {
  return layout === 'mono' || speaker === undefined ? lanesOf(layout) : [speaker];
}

/** The shortest run of whole packets that is a whole number of frames at both rates. */
export function gridFrames(clockRate: number, fileRate: number): number {
  let ms = SESSION_PACKET_MS;
  while ((ms * clockRate) % 1000 !== 0 || (ms * fileRate) % 1000 !== 0) ms += SESSION_PACKET_MS;
  return (ms * clockRate) / 1000;
}

/** Both at unity gain, clamped at full scale. */
export function mixed(one: Float32Array, other: Float32Array): Float32Array {
  return one.map((sample, index) => Math.max(-1, Math.min(1, sample + (other[index] ?? 0))));
}

/** File sample after the last one that a session file holds: of one that was not finished, after its last chunk. */
export async function samplesEnd(db: TurntapeDatabase, row: SessionFileRow): Promise<number> {
  if (row.state !== 'recording') return row.samples;
  const last = await Promise.all(lanesOf(row.layout).map((lane) => lastSessionChunk(db, row.session_id, lane)));
  return Math.max(row.samples, 0, ...last.map((chunk) => (chunk ? chunkEnd(row, chunk) : 0)));
}

/** File sample after the last one that can be decoded from a chunk and those before it. */
function chunkEnd({ format }: SessionFileRow, { bytes, start }: SessionChunkRow): number {
  const { end } = silenceChunk(format, bytes, start, { from: 0, to: 0 });
  if (format === 'wav') return end;
  const { preSkip, endTrim } = readPacketChunk(bytes);
  return end - preSkip - endTrim;
}
