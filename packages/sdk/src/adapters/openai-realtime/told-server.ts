import { TurntapeError } from '../../core/errors.ts';
import type { ClientEvent } from './client-events.ts';
import type { OpenConnection } from './realtime-connection.ts';
import type { RealtimeNews } from './server-events.ts';

/** What the server is told, under ids by which it can refuse it. */
export class ToldServer {
  readonly #connection: Pick<OpenConnection, 'send'>;
  readonly #onError: (error: TurntapeError) => void;
  /** Ids of events that the server may refuse. */
  readonly #truncations = new Set<string>();
  #left = false;

  constructor(connection: Pick<OpenConnection, 'send'>, onError: (error: TurntapeError) => void) {
    this.#connection = connection;
    this.#onError = onError;
  }

  send(event: ClientEvent): void {
    if (this.#left) return;
    const event_id = `turntape-${crypto.randomUUID()}`;
    if (event.type === 'conversation.item.truncate') this.#truncations.add(event_id);
    try {
      this.#connection.send({ ...event, event_id });
    } catch (cause) {
      this.#onError(new TurntapeError('network', `the voice backend could not be told: ${event.type}`, { cause }));
    }
  }

  /** A reply that was over before it could be cancelled is no fault; one that is remembered longer than it was heard is. */
  refused({ eventId, code }: Extract<RealtimeNews, { type: 'refused' }>): void {
    if (!this.#truncations.delete(eventId)) return;
    this.#onError(
      new TurntapeError('rejected', `the voice backend did not shorten what it said to what was heard (${code})`),
    );
  }

  /** Nothing is said any more. */
  leave(): void {
    this.#left = true;
  }
}
