import type { EngineFact } from '../../core/messages/page-engine.ts';
import type { SessionSettings } from '../../core/settings.ts';
import type { TrackedTurn, TrackerNews } from '../../core/turn-tracker.ts';
import type { Turn } from '../../core/turn.ts';
import { type ClientVadMessage, clientVadMessage } from '../../core/wire.ts';
import type { SessionClock } from '../capture/session-clock.ts';

/** Says the tracker's news in the words of the public events: frames of the capture clock, session and wall time. */
export class TurnReporter {
  readonly #sessionId: string;
  /** The wire message of the user's speech carries the turn's id. */
  readonly #tellsTurnId: boolean;
  readonly #clock: SessionClock;
  readonly #heardTo: () => number;
  readonly #report: (fact: EngineFact) => void;

  /** `heardTo`: the session frame after the newest one of the user's track. */
  constructor(
    { sessionId, vadTurnId: tellsTurnId = false }: Pick<SessionSettings, 'sessionId' | 'vadTurnId'>,
    clock: SessionClock,
    heardTo: () => number,
    report: (fact: EngineFact) => void,
  ) {
    this.#sessionId = sessionId;
    this.#tellsTurnId = tellsTurnId;
    this.#clock = clock;
    this.#heardTo = heardTo;
    this.#report = report;
  }

  take(news: readonly TrackerNews[]): void {
    for (const item of news) this.#say(item);
  }

  #say(item: TrackerNews): void {
    const sessionId = this.#sessionId;
    switch (item.type) {
      case 'vad-start': {
        const { turnId, echoLikelihood, doubtful = false } = item;
        const message = this.#message('client_vad_start', item.onset, turnId);
        const onset = this.#clock.toPlace(item.onset);
        const decisionFrame = this.#clock.toPlace(item.decided).frame;
        const knownFrame = this.#clock.toPlace(this.#heardTo()).frame;
        const place = { epoch: onset.epoch, onsetFrame: onset.frame, decisionFrame, knownFrame };
        const event = { message, turnId, ...place, echoLikelihood, doubtful };
        this.#report({ type: 'client_vad_start', sessionId, event });
        return;
      }
      case 'vad-stop': {
        const { turnId, misfire, doubtful = false } = item;
        const message = this.#message('client_vad_stop', item.end, turnId);
        const end = this.#clock.toPlace(item.end);
        const decisionFrame = this.#clock.toPlace(item.decided).frame;
        const place = { epoch: end.epoch, endFrame: end.frame, decisionFrame };
        const event = { message, turnId, ...place, misfire, doubtful };
        this.#report({ type: 'client_vad_stop', sessionId, event });
        return;
      }
      case 'turn-start':
      case 'turn-end':
        this.#report({ type: item.type, sessionId, event: { turn: this.#turn(item.turn) } });
        return;
      case 'file-open':
      case 'file-close':
      case 'turn-unheard':
        return;
    }
  }

  #message(type: ClientVadMessage['type'], at: number, turnId: string): ClientVadMessage {
    return clientVadMessage(type, this.#clock.toWallMs(at), this.#tellsTurnId ? turnId : undefined);
  }

  #turn(tracked: TrackedTurn): Turn {
    const { start, end, ...same } = tracked;
    const place = this.#clock.toPlace(start);
    return {
      ...same,
      epoch: place.epoch,
      startFrame: place.frame,
      startMs: this.#clock.toMs(start),
      endFrame: end === undefined ? undefined : this.#clock.toPlace(end).frame,
      endMs: end === undefined ? undefined : this.#clock.toMs(end),
      startedAt: this.#clock.toWallMs(start),
    };
  }
}
