import type { Recorder, Session, StoredSession } from 'turntape';
import { type DeviceReader, deviceSource } from './device-source.ts';
import type { ReviewSource } from './review-source.ts';
import { type ReviewHeaders, serverSource } from './server-source.ts';

/** What a page may choose a session by; the first that is there counts. */
export interface ChosenBy {
  source: ReviewSource | undefined;
  session: Session | StoredSession | undefined;
  sessionId: string | undefined;
  src: string | undefined;
  recorder: DeviceReader | undefined;
  headers: ReviewHeaders | undefined;
}

/** News of a running session after which there is more to review. */
const GROWS_WITH = ['segment-kept', 'redaction', 'state'] as const;

/** A year: nothing is let go because somebody looked at it. */
const LONGEST_HOURS = 24 * 365;

/** Finds where the chosen session is read from, and follows one that still runs. */
export class SessionChoice {
  readonly #grown: () => void;
  #off: (() => void)[] = [];
  #own: Promise<Recorder> | undefined;

  /** `grown`: the session that runs has more to show. */
  constructor(grown: () => void) {
    this.#grown = grown;
  }

  /** How to find it; undefined: nothing is chosen. */
  of({ source, session, sessionId, src, recorder, headers }: ChosenBy): (() => Promise<ReviewSource>) | undefined {
    this.#leave();
    if (source) return () => Promise.resolve(source);
    if (session && 'on' in session) this.#off = GROWS_WITH.map((type) => session.on(type, this.#grown));
    const id = session ? idOf(session) : sessionId;
    if (id) return async () => deviceSource(recorder ?? (await this.#openOwn()), id);
    return src ? async () => serverSource(src, headers) : undefined;
  }

  /** Lets go of everything; what we opened is closed. */
  async dispose(): Promise<void> {
    this.#leave();
    const opening = this.#own;
    this.#own = undefined;
    // One that never opened has told why, to whoever asked for it.
    const recorder = await opening?.catch(() => undefined);
    await recorder?.dispose();
  }

  #leave(): void {
    for (const off of this.#off.splice(0)) off();
  }

  /**
   * A recorder for a page that gave none, loaded now: a page that reviews what is on a server never fetches it. It records
   * nothing, sends nothing, and lets nothing go before its time: the app's own recorder, with the app's settings, does that.
   */
  #openOwn(): Promise<DeviceReader> {
    this.#own ??= import('turntape').then(({ createRecorder }) =>
      createRecorder({ vad: false, retention: { keepAcknowledgedHours: LONGEST_HOURS } }),
    );
    return this.#own;
  }
}

const idOf = (session: Session | StoredSession): string =>
  'sessionId' in session ? session.sessionId : session.session.sessionId;
