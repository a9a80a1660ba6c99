import { TurntapeError } from '../core/errors.ts';
import type { Engine } from './engine-call.ts';

/**
 * Answers an engine that asks how much room this site has: in Firefox it must not ask by itself (FOX-6). It gets an answer in
 * any case. Errors: `storage_failed`, when the browser would not say.
 */
export async function tellRoom(engine: Engine): Promise<void> {
  let refused: TurntapeError | undefined;
  let answer: StorageEstimate | undefined;
  try {
    // Absent on a page that is not secure.
    answer = await (navigator.storage as StorageManager | undefined)?.estimate();
  } catch (cause) {
    refused = new TurntapeError('storage_failed', 'the browser would not say how much room there is', { cause });
  }
  await engine.call('room', [answer && { usage: answer.usage, quota: answer.quota }]);
  if (refused) throw refused;
}
