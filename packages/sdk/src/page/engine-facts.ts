import type { Emitter } from '../core/emitter.ts';
import { type TurntapeError, fromErrorFacts } from '../core/errors.ts';
import type { EngineFact } from '../core/messages/page-engine.ts';
import type { Engine } from './engine-call.ts';
import type { RecorderEvents } from './recorder-events.ts';
import { tellRoom } from './room.ts';
import type { Session } from './session.ts';

/** Whom the engine's facts concern. */
export interface FactListeners {
  readonly events: Emitter<RecorderEvents>;
  readonly engine: () => Engine;
  readonly session: (sessionId: string | undefined) => Session | undefined;
  /** Something new lies in the outbox. */
  readonly nudge: () => void;
  readonly onError: (error: TurntapeError) => void;
  /** What was asked of the page could not be answered. */
  readonly onUnanswered: (thrown: unknown) => void;
}

/** Gives what the engine says to whom it concerns: the session it names, the app, the outbox. */
export function takeFact(fact: EngineFact, listeners: FactListeners): void {
  const { events, onError } = listeners;
  if (fact.type === 'vad-model') {
    const error = fact.error && fromErrorFacts(fact.error);
    events.emit('vad-model', { model: fact.model, error });
    if (error) onError(error);
    return;
  }
  if (fact.type === 'room-asked') {
    tellRoom(listeners.engine()).catch(listeners.onUnanswered);
    return;
  }
  if (fact.type === 'dropped') {
    events.emit('dropped', fact.event);
    return;
  }
  if (fact.type === 'low-space') events.emit('low-space', fact.event);
  const session = listeners.session(fact.sessionId);
  if (session) session.take(fact);
  else if (fact.type === 'error') onError(fromErrorFacts(fact.error));
  if (fact.type === 'segment-kept') listeners.nudge();
}
