import type { Recorder } from 'turntape';
import type { DemoRows } from './demo-rows.ts';
import type { DemoStatus } from './demo-status.ts';
import { askServer } from './server.ts';

/** Events come in bursts; rows are read again this long after the first of one. */
const SETTLE_MS = 150;
/** While the server is away it is asked again this often. */
const ASK_AGAIN_MS = 3000;

/** The element as far as it is looked at: where the recorder is found. */
export interface Inspected extends EventTarget {
  readonly recorder: Recorder | undefined;
}

/** Reads both sides when something has happened, and hands them to the parts that show them. */
export class Inspection {
  readonly #inspected: Inspected;
  readonly #rows: DemoRows;
  readonly #status: DemoStatus;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the next reading begins, in the page's time. */
  #dueAt = Number.POSITIVE_INFINITY;
  #reading: Promise<void> = Promise.resolve();
  #chosen: string | undefined;

  constructor(inspected: Inspected, rows: DemoRows, status: DemoStatus) {
    this.#inspected = inspected;
    this.#rows = rows;
    this.#status = status;
    inspected.addEventListener('recorder-ready', (event) => {
      const { recorder } = (event as CustomEvent<{ recorder: Recorder }>).detail;
      recorder.on('outbox', ({ pending }) => {
        status.waiting = pending;
        this.refreshSoon();
      });
      this.refreshSoon();
    });
    rows.addEventListener('demo-choose-session', (event) => {
      this.choose((event as CustomEvent<{ sessionId: string }>).detail.sessionId);
    });
  }

  /** Shows this session. */
  choose(sessionId: string): void {
    this.#chosen = sessionId;
    this.#rows.server = undefined;
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
      this.#reading = this.#reading.then(() => this.#refresh()).catch((thrown: unknown) => this.#fail(thrown));
    }, afterMs);
  }

  async #refresh(): Promise<void> {
    const { recorder } = this.#inspected;
    if (!recorder) return;
    const sessions = await recorder.sessions();
    this.#chosen ??= sessions[0]?.session.sessionId;
    const chosen = this.#chosen;
    this.#rows.failure = undefined;
    this.#rows.sessions = sessions;
    this.#rows.chosen = chosen;
    const stored = sessions.find(({ session }) => session.sessionId === chosen);
    // The server is asked for a session once it has something of it: before that it could only say 404.
    const delivered = stored?.segments.some(({ deliveryState }) => deliveryState === 'acknowledged') === true;
    const answer = await askServer(delivered ? chosen : undefined);
    this.#status.server = answer.state === 'unreachable' ? 'unreachable' : 'connected';
    this.#status.waiting = await recorder.outbox.pending();
    if (chosen === this.#chosen) this.#rows.server = answer;
    if (answer.state === 'unreachable') this.refreshSoon(ASK_AGAIN_MS);
  }

  #fail(thrown: unknown): void {
    this.#rows.failure = thrown instanceof Error ? thrown.message : String(thrown);
  }
}
