import type { EngineFact } from '../core/messages/page-engine.ts';
import type { StorageStats } from '../core/stats.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';
import { createRoomMaker } from '../storage/make-room.ts';
import type { Pipeline } from './pipeline.ts';
import { SpaceWatch } from './keeping/space-watch.ts';
import { type RoomAnswer, RoomQuestion } from './quirks/room-question.ts';

export interface EngineStorageOptions {
  /** The live sessions, the one that was begun last at the end. */
  sessions: ReadonlyMap<string, { pipeline: Pick<Pipeline, 'openBytes' | 'waitingBytes'> }>;
  report: (fact: EngineFact) => void;
}

/** The database as the engine uses it, with the watch over the room that it has. */
export interface EngineStorage {
  db: TurntapeDatabase;
  space: SpaceWatch;
  /** The page's answer to `room-asked`. */
  room: (answer: RoomAnswer) => void;
  stats: (sessionId: string) => StorageStats;
}

/** Opens it. Errors: `storage_unavailable`, `storage_full`. */
export async function openEngineStorage({ sessions, report }: EngineStorageOptions): Promise<EngineStorage> {
  const newest = (): string | undefined => [...sessions.keys()].at(-1);
  const drop = createRoomMaker({
    whenFull: () => space.whenFull,
    ownSessionIds: () => [...sessions.keys()],
    onDropped: (event) => {
      space.dropped(event);
      report({ type: 'dropped', sessionId: undefined, event });
    },
  });
  const makeRoom = async (connection: TurntapeDatabase): Promise<boolean> => {
    const made = await drop(connection);
    if (!made) space.refused();
    return made;
  };
  const question = new RoomQuestion(() => report({ type: 'room-asked', sessionId: undefined }));
  const space = new SpaceWatch({
    estimate: () => question.ask(),
    openBytes: () => [...sessions.values()].reduce((sum, { pipeline }) => sum + pipeline.openBytes, 0),
    onLow: (event) => {
      const sessionId = newest();
      if (sessionId !== undefined) report({ type: 'low-space', sessionId, event });
    },
    onError: (error) => report({ type: 'error', sessionId: newest(), error }),
    makeRoom: () => drop(db),
  });
  const db = await openTurntapeDatabase(undefined, { makeRoom, onAppended: (bytes) => space.wrote(bytes) });
  return {
    db,
    space,
    room: (answer) => question.answered(answer),
    stats: (sessionId) => ({ ...space.stats, waitingBytes: sessions.get(sessionId)?.pipeline.waitingBytes ?? 0 }),
  };
}
