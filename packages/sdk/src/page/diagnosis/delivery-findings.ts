import type { Finding } from '../../core/diagnosis.ts';
import { TurntapeError } from '../../core/errors.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { probeStorage } from '../../storage/probe.ts';
import type { UploadTarget } from '../../upload-contract/target.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { ANSWER_MS, ofError, settledInTime } from './finding.ts';

/** What keeps audio from the disk, or from the backend. */

export async function ofStorage(
  db: TurntapeDatabase,
  room: StorageEstimate | undefined,
  lowSpaceBytes: number,
): Promise<Finding[]> {
  try {
    await probeStorage(db);
  } catch (thrown) {
    return [ofError('storage', thrown)];
  }
  const free = (room?.quota ?? Infinity) - (room?.usage ?? 0);
  if (free >= lowSpaceBytes) return [];
  const message = `${Math.max(0, Math.round(free / 2 ** 20))} MiB are left for this site: deliver what is kept, or free some`;
  return [{ area: 'storage', code: 'storage_full', blocking: false, message }];
}

export async function ofDelivery(
  { progress, refused }: Pick<Delivery, 'progress' | 'refused'>,
  target: UploadTarget | undefined,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const found = [...refused.values()].map((error) => ({ ...ofError('delivery', error), blocking: false }));
  if (progress && progress.rejected > 0)
    found.push({
      area: 'delivery',
      code: 'rejected',
      blocking: false,
      message: `${progress.rejected} items were refused for good or cancelled: outbox.items() has the reasons, outbox.retry() sends them again`,
    });
  const unreachable = target && (target.check ? await asked(target, signal) : resting(progress));
  return unreachable ? [...found, unreachable] : found;
}

/** Whether the backend is there, of a target that can ask. One that never settles is not. */
async function asked(target: UploadTarget, signal: AbortSignal | undefined): Promise<Finding | undefined> {
  try {
    const inTime = AbortSignal.timeout(ANSWER_MS);
    const check = target.check?.({ signal: signal ? AbortSignal.any([signal, inTime]) : inTime });
    if (await settledInTime(Promise.resolve(check).then(() => true))) return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TurntapeError) || thrown.code !== 'aborted') return ofError('delivery', thrown, 'network');
  }
  const message = `the backend has not answered within ${ANSWER_MS / 1000} s: what is recorded is kept, and sent when it does`;
  return { area: 'delivery', code: 'network', blocking: true, message };
}

/** Of a target that cannot ask: what the outbox found out by itself. */
function resting(progress: Delivery['progress']): Finding | undefined {
  if (progress?.restsUntilMs === undefined) return undefined;
  const message = 'the backend has failed again and again: what is recorded is kept, and sent when it takes it';
  return { area: 'delivery', code: 'network', blocking: true, message };
}
