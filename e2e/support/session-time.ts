import type { SessionStats, StoredSegment } from 'turntape';

/** Where a segment begins in its session: a machine that stands still leaves another epoch, which counts its frames anew. */
export function startMsOf(
  { clockEpoch, startFrame, clockRate }: Pick<StoredSegment, 'clockEpoch' | 'startFrame' | 'clockRate'>,
  { epochs }: Pick<SessionStats, 'epochs'>,
): number {
  return (((epochs[clockEpoch]?.sessionFrameOffset ?? NaN) + startFrame) / clockRate) * 1000;
}
