import type { StoredSegment, StoredSession } from 'turntape';
import type { ServerTurn } from './server.ts';

/** One segment as the device has it and as the server has it. */
export interface ComparedRow {
  readonly segmentId: string;
  readonly position: number;
  readonly speaker: 'user' | 'bot';
  /** What was said, when anyone knows it. */
  readonly text: string | undefined;
  readonly device: StoredSegment | undefined;
  readonly server: ServerTurn | undefined;
  /** True: same hash and same size on both sides. Undefined while one side is missing. */
  readonly equal: boolean | undefined;
}

/** The device's rows beside the server's, segment by segment, in the order in which they were spoken. */
export function compareRows(stored: StoredSession | undefined, server: readonly ServerTurn[]): ComparedRow[] {
  // A turn with several transcripts has several lines; each segment is wanted once.
  const atServer = new Map(
    server.flatMap((turn) => (turn.segment_id === null ? [] : [[turn.segment_id, turn] as const])),
  );
  const device = [...(stored?.segments ?? [])].sort((a, b) => a.startedAt - b.startedAt);
  const rows = device.map((segment) => ({
    segmentId: segment.segmentId,
    device: segment,
    server: atServer.get(segment.segmentId),
  }));
  const known = new Set(rows.map(({ segmentId }) => segmentId));
  const onlyThere = [...atServer].filter(([segmentId]) => !known.has(segmentId));
  return [...rows, ...onlyThere.map(([segmentId, turn]) => ({ segmentId, device: undefined, server: turn }))].map(
    (row, index) => ({
      ...row,
      position: index + 1,
      speaker: row.device?.speaker ?? (row.server?.role === 'assistant' ? 'bot' : 'user'),
      text: textOf(stored, row.device?.turnId) ?? row.server?.text ?? undefined,
      equal: isEqual(row.device, row.server),
    }),
  );
}

function isEqual(device: StoredSegment | undefined, server: ServerTurn | undefined): boolean | undefined {
  if (!device || !server) return undefined;
  return device.sha256 === server.sha256 && device.byteSize === server.byte_size;
}

/** The latest revision of what was said in a turn. */
function textOf(stored: StoredSession | undefined, turnId: string | undefined): string | undefined {
  const entries = stored?.transcripts.filter((entry) => turnId !== undefined && entry.turnId === turnId) ?? [];
  return entries.sort((a, b) => a.revision - b.revision).at(-1)?.text;
}
