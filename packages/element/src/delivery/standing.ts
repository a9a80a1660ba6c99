import type { OutboxProgress, TurntapeErrorCode } from 'turntape';
import type { StandingFacts } from '../texts.ts';
import { deliveryOf } from '../turn-list.ts';
import type { TurnList } from '../turn-list.ts';

/**
 * Where everything stands between this device and the backend. `local`: there is no backend. `waiting`: it does not
 * answer. `paused`: by the app, or its token was refused. `rejected`: it refused something for good.
 */
export type Standing = 'local' | 'delivered' | 'sending' | 'waiting' | 'offline' | 'rejected' | 'paused';

/** What a standing is made of. */
export interface DeliveryFacts {
  turns: TurnList;
  /** Undefined without a target. */
  progress: OutboxProgress | undefined;
  /** The last failure of a delivery that no receipt has followed. */
  trouble: TurntapeErrorCode | undefined;
  online: boolean;
  /** Wall time, in milliseconds since 1970. */
  nowMs: number;
}

/** The standing, its figures, and how much is done, 0 … 1. */
export interface DeliveryStanding {
  standing: Standing;
  facts: StandingFacts;
  fraction: number;
  /** Why something was refused, for whoever runs the server. */
  code: string | undefined;
}

/** Undefined while there is nothing to tell: nothing was kept and nothing waits. */
export function standingOf({ turns, progress, trouble, online, nowMs }: DeliveryFacts): DeliveryStanding | undefined {
  const kept = turns.filter(({ segments }) => segments.length > 0);
  const states = kept.flatMap(({ segments }) => segments.map(({ state }) => state));
  const delivered = kept.filter((row) => deliveryOf(row) === 'acknowledged').length;
  const rejected = states.filter((state) => state === 'rejected').length;
  const ours = states.filter((state) => state === 'kept' || state === 'sent').length;
  const backlog = Math.max(0, (progress?.pendingSegments ?? 0) - ours);
  const rests = progress?.restsUntilMs;
  const remainingMs = rests === undefined ? progress?.remainingMs : Math.max(0, rests - nowMs);
  const total = kept.length;
  const facts: StandingFacts = { delivered, total, backlog, rejected, remainingMs };
  const done = progress?.acknowledgedSegments ?? 0;
  const fraction = total > 0 ? delivered / total : done / Math.max(1, done + backlog);
  const code = turns.flatMap(({ segments }) => segments).findLast(({ state }) => state === 'rejected')?.refusal;
  const is = (standing: Standing): DeliveryStanding => ({ standing, facts, fraction, code });

  if (rejected > 0) return is('rejected');
  if (!progress) return total > 0 ? is('local') : undefined;
  if (ours + backlog === 0 && trouble === undefined) return total > 0 ? is('delivered') : undefined;
  if (progress.paused || trouble === 'unauthorized') return is('paused');
  if (!online) return is('offline');
  return rests !== undefined || trouble !== undefined ? is('waiting') : is('sending');
}
