import type { Recorder, StoredSession } from 'turntape';
import { compareRows } from './compared-rows.ts';
import type { ComparedRow } from './compared-rows.ts';
import { askServer } from './server.ts';
import type { ServerAnswer, ServerTurn } from './server.ts';

/** Events come in bursts; rows are read again this long after the first of one. */
const SETTLE_MS = 150;
/** While the server is away it is asked again this often. */
const ASK_AGAIN_MS = 3000;

/** The element as far as it is looked at: where the recorder is found. */
export interface Inspected extends EventTarget {
  readonly recorder: Recorder | undefined;
}

/** Both sides, as they were read last. */
export interface BothSides {
  /** Everything on this device, newest first. */
  readonly sessions: readonly StoredSession[];
  /** Id of the session that is looked at. */
  readonly chosen: string | undefined;
  readonly stored: StoredSession | undefined;
  readonly server: ServerAnswer | undefined;
  readonly rows: readonly ComparedRow[];
  /** Items in the outbox. */
  readonly waiting: number;
  /** Why this device's rows cannot be read. */
  readonly failure: string | undefined;
}

/** What the inspection needs of the page. */
export interface InspectionPorts {
  inspected: Inspected;
  /** How the server is asked: by a network that may be unplugged. */
  fetch: typeof fetch;
  show(sides: BothSides): void;
}

/** Reads both sides when something has happened, and hands them to the parts that show them. */
export class Inspection {
  readonly #ports: InspectionPorts;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the next reading begins, in the page's time. */
  #dueAt = Number.POSITIVE_INFINITY;
  #reading: Promise<void> = Promise.resolve();
  /** What the server had when it last answered: while it is away, that is still there as far as anyone knows. */
  #known: readonly ServerTurn[] = [];
  #sides: BothSides = {
    sessions: [],
    chosen: undefined,
    stored: undefined,
    server: undefined,
    rows: [],
    waiting: 0,
    failure: undefined,
  };

  constructor(ports: InspectionPorts) {
    this.#ports = ports;
    ports.inspected.addEventListener('recorder-ready', (event) => {
      const { recorder } = (event as CustomEvent<{ recorder: Recorder }>).detail;
      recorder.on('outbox', ({ pendingSegments }) => {
        this.#set({ waiting: pendingSegments });
        this.refreshSoon();
      });
      this.refreshSoon();
    });
  }

  /** Shows this session. */
  choose(sessionId: string): void {
    this.#known = [];
    this.#set({ chosen: sessionId, stored: undefined, server: undefined, rows: [] });
    this.refreshSoon();
  }

  /** Reads both sides again, soon. */
  refreshSoon(afterMs = SETTLE_MS): void {
    const dueAt = performance.now() + afterMs;
    if (dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#dueAt = Number.POSITIVE_INFINITY;
      // One reading at a time: what happens during one is read after it.
      this.#reading = this.#reading
        .then(() => this.#refresh())
        .catch((thrown: unknown) => this.#set({ failure: thrown instanceof Error ? thrown.message : String(thrown) }));
    }, afterMs);
  }

  async #refresh(): Promise<void> {
    const { recorder } = this.#ports.inspected;
    if (!recorder) return;
    const sessions = await recorder.sessions();
    const before = this.#sides.chosen;
    const chosen = before ?? sessions[0]?.session.sessionId;
    const stored = sessions.find(({ session }) => session.sessionId === chosen);
    // This device's rows at once: an unreachable server takes its time to say nothing.
    this.#set({ sessions, chosen, stored, rows: compareRows(stored, this.#known), failure: undefined });
    // The server is asked for a session once it has something of it: before that it could only say 404.
    const delivered = stored?.segments.some(({ deliveryState }) => deliveryState === 'acknowledged') === true;
    const server = await askServer(delivered ? chosen : undefined, this.#ports.fetch);
    const waiting = recorder.outbox.progress?.pendingSegments ?? 0;
    if (chosen !== this.#sides.chosen) return this.refreshSoon();
    if (server.state === 'unreachable') this.refreshSoon(ASK_AGAIN_MS);
    else this.#known = server.state === 'rows' ? server.turns : [];
    this.#set({ waiting, server, rows: compareRows(stored, this.#known) });
  }

  #set(change: Partial<BothSides>): void {
    this.#sides = { ...this.#sides, ...change };
    this.#ports.show(this.#sides);
  }
}
