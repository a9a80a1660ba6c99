import { readPacketChunk } from '../../codecs/packet-chunk.ts';
import type { FileRequest } from '../../core/messages/page-engine.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import type { Lane, SessionFileRow } from '../../storage/rows.ts';
import { lastSessionChunk, readSessionFile } from '../../storage/session-files.ts';
import { lanesOf, samplesEnd } from '../session-file/session-layout.ts';
import { type FileBytes, opusFile } from './encode-file.ts';
import { keptPackets, keptPcm } from './kept-lane.ts';
import { type FileSource, channelsOf, mixOf } from './file-source.ts';

/** The session file as it was recorded, or undefined: none was, or its mix cannot be taken apart again. */
export async function keptSource(db: TurntapeDatabase, request: FileRequest): Promise<FileSource | undefined> {
  const row = await readSessionFile(db, request.sessionId);
  const channels = channelsOf(request);
  if (!row || (row.layout === 'mono' && channels[0] !== 'mix')) return undefined;
  const end = await samplesEnd(db, row);
  const { offset, sample_rate: rate } = row;
  const offsetMs = (offset / rate) * 1000;
  const lane = (name: Lane, from: number, to: number) => keptPcm({ db, row, lane: name }, from + offset, to + offset);
  const lanes = lanesOf(row.layout);
  const same = row.format === 'opus' && request.format === 'opus' && channels.every((each) => lanes.includes(each));
  return {
    rate,
    from: 0 - offset,
    to: end - offset,
    startedAt: Date.parse(row.started_at) + offsetMs,
    betweenTurns: 'recorded',
    gaps: row.gaps.map(({ start_ms, end_ms, cause, speaker }) => ({
      startMs: start_ms - offsetMs,
      endMs: end_ms - offsetMs,
      cause,
      speaker,
    })),
    marks: row.marks.map(({ start_ms, end_ms, kind, speaker }) => ({
      startMs: start_ms - offsetMs,
      endMs: end_ms - offsetMs,
      kind,
      speaker,
    })),
    pcm: (channel, from, to) =>
      channel === 'mix' && row.layout === 'stereo'
        ? mixOf(lane('user', from, to), lane('bot', from, to))
        : lane(channel, from, to),
    ...(same && {
      passThrough: { encoder: row.encoder, bytes: (comments) => passedThrough(db, row, channels, end, comments) },
    }),
  };
}

/** The packets that were kept, in new pages: nothing is decoded. */
async function* passedThrough(
  db: TurntapeDatabase,
  row: SessionFileRow,
  channels: readonly Lane[],
  samples: number,
  comments: Readonly<Record<string, string>>,
): FileBytes {
  const last = await Promise.all(channels.map((lane) => lastSessionChunk(db, row.session_id, lane)));
  const chunk = last.find((each) => each !== undefined);
  const head = chunk ? { preSkip: readPacketChunk(chunk.bytes).preSkip } : {};
  yield* opusFile(
    channels.map((lane) => keptPackets({ db, row, lane })),
    { samples, comments, ...head },
  );
}
