import type { DroppedEvent } from '../core/events.ts';
import type { WhenFull } from '../core/settings.ts';
import type { TurntapeDatabase } from './database.ts';
import { dropOldest } from './drop-oldest.ts';

/** At once so much is let go of: a quarter of an hour of Opus, or half a minute of WAV. */
const DROP_BYTES = 4 * 2 ** 20;

/** When nothing could be dropped, nobody looks again before this. */
const LOOK_AGAIN_MS = 2000;

export interface RoomMakerOptions {
  whenFull: () => WhenFull;
  /** Live sessions of this engine. */
  ownSessionIds: () => readonly string[];
  onDropped: (dropped: DroppedEvent) => void;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/** What makes room on a full disk, as the app's policy says. Calls that overlap are one. */
export function createRoomMaker(options: RoomMakerOptions): (db: TurntapeDatabase) => Promise<boolean> {
  const { whenFull, ownSessionIds, onDropped, now = () => performance.now() } = options;
  let running: Promise<boolean> | undefined;
  let notBefore = -Infinity;
  const makeRoom = async (db: TurntapeDatabase): Promise<boolean> => {
    if (whenFull() === 'stop' || now() < notBefore) return false;
    const includeUnacknowledged = whenFull() === 'drop-oldest';
    const drop = { bytes: DROP_BYTES, includeUnacknowledged, reason: 'full', ownSessionIds: ownSessionIds() } as const;
    const { byteSize, dropped } = await dropOldest(db, drop);
    for (const each of dropped) onDropped(each);
    if (byteSize === 0) notBefore = now() + LOOK_AGAIN_MS;
    return byteSize > 0;
  };
  return (db) => (running ??= makeRoom(db).finally(() => (running = undefined)));
}
