import type { EngineStats } from '../core/stats.ts';
import type { Speaker } from '../core/turn.ts';
import type { Capture } from './capture/capture.ts';

/** The figures of a session at this moment. `nowMs`: wall time. */
export function engineStats(
  { clock, tracks, losses }: Capture,
  {
    levels,
    queues,
    encoding,
    integrity,
    tees,
  }: Pick<EngineStats, 'levels' | 'queues' | 'encoding' | 'integrity' | 'tees'>,
  nowMs: number,
): Omit<EngineStats, 'storage'> {
  const end = (speaker: Speaker): number => tracks[speaker].end ?? 0;
  const last = Math.max(end('user'), end('bot'));
  return {
    lengthMs: clock.toMs(last),
    capturedFrames: { user: end('user'), bot: end('bot') },
    lagMs: clock.epochs.length === 0 ? null : Math.max(0, nowMs - clock.toWallMs(last)),
    gaps: losses.all.map(({ from, to, cause, speaker }) => ({
      startMs: clock.toMs(from),
      endMs: clock.toMs(to),
      cause,
      speaker,
    })),
    epochs: clock.epochs,
    queues,
    encoding,
    integrity,
    tees,
    levels,
  };
}
