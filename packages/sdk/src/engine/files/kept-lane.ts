import { opusPacketFrames } from '../../codecs/opus-head.ts';
import { readPacketChunk } from '../../codecs/packet-chunk.ts';
import { silencePacket } from '../../codecs/silence-packets.ts';
import { fromPcm16 } from '../../codecs/wav.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import type { Lane, SessionChunkRow, SessionFileRow } from '../../storage/rows.ts';
import { readSessionChunks } from '../../storage/session-files.ts';
import { openOpusDecoder } from './opus-decoder.ts';
import { type Pcm, type Placed, continuous } from './placed.ts';

/** Chunks read at once: six seconds. They come in one task of our thread. */
const BATCH = 100;

/** Decoding begins this much before what is asked for: a decoder needs 80 ms to find its feet (RFC 7845, 4.6). */
const LEAD_MS = 1000;

/** Opus packets of a file that is passed through, where nothing was kept. Frames at 48 kHz. */
const SILENT_FRAMES = 960;

/** A lane of a kept session file. */
export interface KeptLane {
  db: TurntapeDatabase;
  row: SessionFileRow;
  lane: Lane;
}

/** The lane's samples over [from, to), at the file's rate; what was not kept is silence. */
export function keptPcm(kept: KeptLane, from: number, to: number): Pcm {
  const { row } = kept;
  const lead = (LEAD_MS / 1000) * row.sample_rate;
  const rows = chunks(kept, from - lead, to + lead);
  return continuous(row.format === 'wav' ? wavPieces(rows) : opusPieces(rows), from, to);
}

/** The lane's packets from the first on, without end: silence where nothing was kept, and after its end. */
export async function* keptPackets(kept: KeptLane): AsyncGenerator<Uint8Array, void, undefined> {
  const silent = silencePacket(SILENT_FRAMES);
  let at = 0;
  for await (const { start, bytes } of chunks(kept, -Infinity, Infinity)) {
    for (; at + SILENT_FRAMES <= start; at += SILENT_FRAMES) yield silent;
    let begins = start;
    for (const packet of readPacketChunk(bytes).packets) {
      const before = begins < at;
      begins += opusPacketFrames(packet);
      if (before) continue;
      yield packet;
      at += opusPacketFrames(packet);
    }
  }
  for (;;) yield silent;
}

async function* chunks({ db, row, lane }: KeptLane, from: number, to: number): AsyncGenerator<SessionChunkRow> {
  const sessionId = row.session_id;
  for (let next = from; ;) {
    const batch = await readSessionChunks(db, { sessionId, lane, from: next, to }, BATCH);
    yield* batch;
    const last = batch.at(-1);
    if (!last || batch.length < BATCH) return;
    next = last.start + 1;
  }
}

async function* wavPieces(rows: AsyncIterable<SessionChunkRow>): AsyncGenerator<Placed> {
  for await (const { start, bytes } of rows) yield { at: start, samples: fromPcm16(new Int16Array(bytes)) };
}

async function* opusPieces(rows: AsyncIterable<SessionChunkRow>): AsyncGenerator<Placed> {
  const decoder = await openOpusDecoder();
  let end: number | undefined;
  let at = 0;
  const placed = function* (decoded: readonly Float32Array[]): Generator<Placed> {
    for (const samples of decoded) {
      yield { at, samples };
      at += samples.length;
    }
  };
  try {
    for await (const { start, bytes } of rows) {
      const { packets, preSkip } = readPacketChunk(bytes);
      if (start !== end) {
        yield* placed(await decoder.flush());
        at = start - preSkip;
        end = start;
      }
      for (const packet of packets) {
        await decoder.decode(packet);
        end += opusPacketFrames(packet);
      }
      yield* placed(decoder.take());
    }
    yield* placed(await decoder.flush());
  } finally {
    decoder.close();
  }
}
