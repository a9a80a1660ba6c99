import type { TrackedTurn, TrackerNews } from './tracker-facts.ts';
import type { EndReason, InterruptionCause, Speaker } from './turn.ts';

/** What drives a turn: a voice detector, the app's marks, or the utterances that the player plays. */
export type TurnOwner = 'speech' | 'marks' | 'utterances';

/** The open turn of a speaker, and the file it is being written to. Positions are session frames. */
export interface HeldTurn {
  readonly owner: TurnOwner;
  readonly turnId: string;
  readonly start: number;
  readonly utteranceIds: string[];
  /** The bot only: frame from which nothing of this turn plays any more. Undefined while something does. */
  quietSince: number | undefined;
  overlapsTurnId: string | undefined;
  /** The file now open: which part of the turn, and its first frame. */
  part: number;
  from: number;
}

/** How a turn begins. `preRoll` is in frames. */
export interface Opening {
  owner: TurnOwner;
  turnId: string;
  start: number;
  preRoll: number;
  utteranceIds?: string[];
}

/** How a turn ends: `end` is the frame after its last one, `to` the same of its file. */
export interface Ending {
  end: number;
  to: number;
  reason: EndReason;
  cause?: InterruptionCause;
}

/** What a floor is given by the tracker. */
export interface FloorPorts {
  maxFileFrames: number;
  tell(news: TrackerNews): void;
  /** The other speaker's turn that covers a frame. */
  otherAt(frame: number): string | undefined;
}

/**
 * One speaker's floor: at most one open turn, its file cut into parts, and what came before. It keeps the invariants
 * that hold whatever facts arrive: turns are in order, no frame is in two files, parts leave no hole, every start ends.
 */
export class Floor {
  readonly speaker: Speaker;
  readonly #ports: FloorPorts;
  #turn: HeldTurn | undefined;
  /** Frame after the last one known to be captured; undefined until its owner says so. */
  #captured: number | undefined;
  #turnEnd = 0;
  #fileEnd = 0;
  readonly #ended: { turnId: string; start: number; end: number }[] = [];
  readonly #parts = new Map<string, number>();

  constructor(speaker: Speaker, ports: FloorPorts) {
    this.speaker = speaker;
    this.#ports = ports;
  }

  get turn(): HeldTurn | undefined {
    return this.#turn;
  }

  /** Frame after the last one of the newest ended turn; 0 before there is one. */
  get lastEnd(): number {
    return this.#turnEnd;
  }

  /** The open turn as the app sees it. */
  get tracked(): TrackedTurn | undefined {
    return this.#turn && this.#snapshot(this.#turn);
  }

  /** The turn of this speaker that covers a frame. */
  turnAt(frame: number): string | undefined {
    const turn = this.#turn;
    if (turn && turn.start <= frame && frame < (turn.quietSince ?? Infinity)) return turn.turnId;
    return this.#ended.findLast((each) => each.start <= frame && frame < each.end)?.turnId;
  }

  /** What lies before this frame is another's; the turns that have parts already go on with the next. */
  goOn(at: number, parts: ReadonlyMap<string, number>): void {
    this.#turnEnd = at;
    this.#fileEnd = at;
    for (const [turnId, part] of parts) this.#parts.set(turnId, part);
  }

  /** The track has been captured up to this frame. */
  advanced(to: number): void {
    this.#captured = Math.max(this.#captured ?? 0, to);
  }

  /** A fact that only captured audio can have: the track reaches this frame, whenever its owner comes to say so. */
  reaches(frame: number): void {
    if (this.#captured !== undefined) this.advanced(frame);
  }

  /** The same frame, or the nearest one at which the open turn can end: not before its start, not beyond what is captured. */
  withinTurn(frame: number): number {
    return Math.max(this.#turn?.start ?? 0, Math.min(frame, this.#captured ?? Infinity));
  }

  open(opening: Opening): void {
    const { owner, turnId, preRoll, utteranceIds = [] } = opening;
    const start = Math.max(opening.start, this.#turnEnd);
    const from = Math.max(0, start - preRoll, this.#fileEnd);
    const part = this.#nextPart(turnId);
    const overlapsTurnId = this.#ports.otherAt(start);
    this.#turn = { owner, turnId, start, utteranceIds, quietSince: undefined, overlapsTurnId, part, from };
    this.#ports.tell({ type: 'turn-start', turn: this.#snapshot(this.#turn) });
    this.#openFile(this.#turn);
  }

  /** Cuts the open file wherever it has become too long. */
  splitUpTo(frame: number): void {
    const turn = this.#turn;
    if (!turn) return;
    while (frame > turn.from + this.#ports.maxFileFrames) {
      const to = turn.from + this.#ports.maxFileFrames;
      this.#closeFile(turn, to, false);
      turn.part += 1;
      turn.from = to;
      this.#openFile(turn);
    }
  }

  /** Ends the open turn, if there is one. The file takes at least the turn, at most what is captured. */
  end(ending: Ending): void {
    const turn = this.#turn;
    if (!turn) return;
    const end = this.withinTurn(ending.end);
    const to = Math.max(turn.from, Math.min(Math.max(end, ending.to), this.#captured ?? Infinity));
    this.splitUpTo(to);
    // Facts of the other track may have come late: now is the last moment to be right about the overlap.
    turn.overlapsTurnId = this.#ports.otherAt(turn.start);
    this.#turn = undefined;
    this.#turnEnd = end;
    this.#ended.push({ turnId: turn.turnId, start: turn.start, end });
    this.#ports.tell({ type: 'turn-end', turn: this.#snapshot(turn, { ...ending, end }) });
    this.#closeFile(turn, to, true);
  }

  /** A turn of which nothing was put out, nor will be: it lies at one frame and opens no file. */
  unheard({ turnId, utteranceIds }: Pick<HeldTurn, 'turnId' | 'utteranceIds'>, ending: Omit<Ending, 'to'>): void {
    const part = this.#nextPart(turnId);
    this.#parts.set(turnId, part);
    const nothing = { quietSince: undefined, overlapsTurnId: undefined, part, from: ending.end };
    const turn: HeldTurn = { owner: 'utterances', turnId, start: ending.end, utteranceIds, ...nothing };
    this.#ports.tell({ type: 'turn-unheard', turn: this.#snapshot(turn, ending), part });
  }

  #nextPart(turnId: string): number {
    return (this.#parts.get(turnId) ?? 0) + 1;
  }

  #openFile({ turnId, part, from, start }: HeldTurn): void {
    this.#parts.set(turnId, part);
    const onset = Math.max(start, from);
    this.#ports.tell({ type: 'file-open', turnId, speaker: this.speaker, part, from, onset });
  }

  #closeFile({ turnId, part }: HeldTurn, to: number, isLast: boolean): void {
    this.#fileEnd = to;
    this.#ports.tell({ type: 'file-close', turnId, speaker: this.speaker, part, to, isLast });
  }

  #snapshot(turn: HeldTurn, ending?: Pick<Ending, 'end' | 'reason' | 'cause'>): TrackedTurn {
    return {
      turnId: turn.turnId,
      speaker: this.speaker,
      start: turn.start,
      end: ending?.end,
      endReason: ending?.reason,
      interrupted: ending?.reason === 'interrupted',
      interruptionCause: ending?.cause,
      overlapsTurnId: turn.overlapsTurnId,
      utteranceIds: [...turn.utteranceIds],
    };
  }
}
