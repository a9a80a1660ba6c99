import type { TurntapeError } from '../core/errors.ts';
import type { DroppedEvent, LowSpaceEvent } from '../core/events.ts';
import type { VadModel } from '../core/settings.ts';
import type { DeliveryRetryEvent, OutboxProgress } from './delivery/delivery.ts';
import type { Session } from './session.ts';

/** What a recorder tells, by event name. */
export interface RecorderEvents {
  /** A failure that nobody awaits and that belongs to no session. */
  error: { error: TurntapeError };
  /** The detector in charge: the one asked for, or `energy` after a failure. */
  'vad-model': { model: VadModel; error: TurntapeError | undefined };
  /** A session has begun: told before anything of its own is. Also of one whose start fails at the last moment. */
  session: { session: Session };
  /** The outbox moved. */
  outbox: OutboxProgress;
  /** An item could not be delivered, and is tried again. The \`error\` is told by \`error\`, too. */
  'delivery-retry': DeliveryRetryEvent;
  /** A limit took something from this device before its time. */
  dropped: DroppedEvent;
  /** Little room is left: what the running session tells, too. */
  'low-space': LowSpaceEvent;
}
