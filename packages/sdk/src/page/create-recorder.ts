import { type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';
import { createRoomMaker } from '../storage/make-room.ts';
import { resolveAssets } from './assets.ts';
import { checkOptions } from './options/check-options.ts';
import { EngineLife } from './engine-life.ts';
import type { CheckedOptions, RecorderOptions } from './options/options.ts';
import { Persistence } from './delivery/persistence.ts';
import { type DatabaseNews, Recorder } from './recorder.ts';
import { giveVadChannel } from './vad-channel.ts';

/**
 * Starts the engine, finishes what a dead tab left, and begins to deliver what lies in the outbox. Opens no microphone.
 * Errors: `invalid_option` and `unknown_option` name the field; `asset_not_found`, `storage_unavailable`.
 */
export async function createRecorder(options: RecorderOptions = {}): Promise<Recorder> {
  const checked = checkOptions(options);
  const assets = resolveAssets(checked.assetBase);
  const thread = new EngineLife(assets);
  const news: DatabaseNews = { closed: () => undefined, dropped: () => undefined };
  const db = await openWith(thread, checked, news);
  const recorder = new Recorder({ options: checked, assets, db, thread, persistence: new Persistence(), news });
  try {
    await recorder.open();
    return recorder;
  } catch (thrown) {
    await recorder.dispose();
    throw thrown;
  }
}

/** The channel before anything is awaited: a data channel can be given away only in the task that made it. */
async function openWith(
  thread: EngineLife,
  { vadChannel, storage }: CheckedOptions,
  news: DatabaseNews,
): Promise<TurntapeDatabase> {
  try {
    giveVadChannel(thread, vadChannel);
    return await openTurntapeDatabase(undefined, {
      onClosed: (reason) => news.closed(reason),
      makeRoom: createRoomMaker({
        whenFull: () => storage.whenFull,
        // What the engine records is the engine's to drop.
        ownSessionIds: () => [],
        onDropped: (event) => news.dropped(event),
      }),
    });
  } catch (thrown) {
    thread.terminate();
    throw thrown;
  }
}
