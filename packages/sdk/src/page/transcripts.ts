import { type TurntapeError, fromErrorFacts, isTurntapeError, toErrorFacts } from '../core/errors.ts';
import { heardOf, withHeard } from '../core/heard-words.ts';
import type { EngineFact } from '../core/messages/page-engine.ts';
import type { Transcript, TranscriptWord } from '../core/session.ts';
import { segmentFromWire, transcriptFromWire, transcriptToWire } from '../core/wire.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { toSegmentWire, toTranscriptWire } from '../storage/rows.ts';
import { listSegments } from '../storage/segments.ts';
import { listAutomaticRevisions, listTranscripts, putTranscript } from '../storage/transcripts.ts';
import { HeardTurns } from './heard-turns.ts';
import { checkTranscript } from './options/check-transcript.ts';

/** What was said, for a turn named by our id or by the voice stack's own. */
export interface TranscriptEntry {
  turnId?: string;
  externalId?: string;
  role: 'user' | 'assistant';
  /** Of the assistant: what was generated, heard or not. */
  text: string;
  /**
   * Of the assistant: the words of `text` with the times at which they are spoken, as voice services give them; in order. With them
   * `heardText` tells how far the text was heard when the turn is cut. Default none: then it is not made up.
   */
  words?: readonly TranscriptWord[];
  /** The utterance in whose audio the words have their times, from its start. Default: they count from the turn's start. */
  utteranceId?: string;
  /** BCP 47, such as `en-US`. */
  language?: string;
  /** The speaker was cut before the end of it. Default false; of the assistant we set it when we cut the turn. */
  interrupted?: boolean;
  /** Wall time of the words. Default now. */
  occurredAt?: Date | number;
  /** Of an earlier entry, to correct it: the same id with a higher revision. Default a new one. */
  transcriptId?: string;
  /** Default 1. Your own count: the revisions that we add are not in it. */
  revision?: number;
}

/** What a session's transcripts need of it. */
export interface TranscriptsWiring {
  requireConsent: () => void;
  onKept: (transcript: Transcript) => void;
  /** What was heard of an entry is known and could not be kept. */
  onError: (error: TurntapeError) => void;
}

/**
 * The session's transcripts: kept on the device, then sent. An entry may come late, even after its segment was sent. Of the bot
 * each tells what was heard of it: at once, when its turn is over, else in a revision of its own as soon as it is.
 */
export class Transcripts {
  readonly #sessionId: string;
  readonly #db: TurntapeDatabase | undefined;
  readonly #wiring: TranscriptsWiring;
  readonly #heard = new HeardTurns();
  /** The newest revision of each entry whose turn is not over. */
  readonly #waiting = new Map<string, Transcript>();
  /** Numbers of the revisions that we added, rising, by transcript. */
  readonly #ours = new Map<string, number[]>();
  /** One after another: each gives its entry a number. */
  #last: Promise<unknown> = Promise.resolve();
  #past: Promise<void> | undefined;

  /** @internal Without a database nothing is kept: of a session that is not sampled. */
  constructor(sessionId: string, db: TurntapeDatabase | undefined, wiring: TranscriptsWiring) {
    this.#sessionId = sessionId;
    this.#db = db;
    this.#wiring = wiring;
  }

  /**
   * Settles when the entry is kept, which is told as `transcript`: with the revision under which it lies, which is higher than yours
   * by those that we added. Errors: `invalid_argument` names the field; `consent_required`: it was taken back; `storage_full`,
   * `storage_failed`.
   */
  async attach(entry: TranscriptEntry): Promise<{ transcriptId: string; revision: number }> {
    const given = checkTranscript(entry, this.#sessionId);
    this.#wiring.requireConsent();
    return this.#inTurn(async () => {
      await this.#readPast();
      const numbered = { ...given, revision: this.#behindOurs(given) };
      const known = this.#known(numbered);
      const transcript = known ?? numbered;
      await this.#keep(transcript);
      const { transcriptId, revision } = transcript;
      const waits = this.#waiting.get(transcriptId);
      if (!waits || waits.revision <= revision) {
        this.#waiting.delete(transcriptId);
        if (transcript.role === 'assistant' && !known) this.#waiting.set(transcriptId, transcript);
      }
      // It may have become known while this was kept.
      this.#look();
      this.#wiring.onKept(transcript);
      return { transcriptId, revision };
    });
  }

  /** @internal News of the engine. */
  take(fact: EngineFact): void {
    if (this.#heard.take(fact)) this.#look();
  }

  /** @internal The voice stack's own id of a turn. */
  bind(turnId: string, externalId: string): void {
    this.#heard.bind(turnId, externalId);
    this.#look();
  }

  /** @internal Settles when all that is known by now is kept. */
  async settled(): Promise<void> {
    for (let last; last !== this.#last;) await (last = this.#last);
  }

  /** @internal Adds what was heard of entries that a page before this one attached. */
  async goOn(): Promise<void> {
    await this.#inTurn(() => this.#readPast());
    this.#look();
    await this.settled();
  }

  /** Adds a revision to every entry of which more is known now. */
  #look(): void {
    for (const [transcriptId, waiting] of this.#waiting) {
      if (!this.#known(waiting)) continue;
      this.#inTurn(() => this.#addHeard(transcriptId)).catch((thrown: unknown) =>
        this.#wiring.onError(fromErrorFacts(toErrorFacts(thrown, 'storage_failed'))),
      );
    }
  }

  async #addHeard(transcriptId: string): Promise<void> {
    // Another look may have been faster, or the app, with other words.
    const waiting = this.#waiting.get(transcriptId);
    const known = waiting && this.#known(waiting);
    if (!known) return;
    this.#waiting.delete(transcriptId);
    if (known === waiting) return;
    const transcript = { ...known, revision: known.revision + 1 };
    await this.#keep(transcript, true);
    const ours = this.#ours.get(transcriptId) ?? [];
    this.#ours.set(transcriptId, [...ours, transcript.revision]);
    this.#wiring.onKept(transcript);
  }

  /** The entry with what was heard of it, which may be no more than it says. Undefined: its turn is not over. */
  #known(transcript: Transcript): Transcript | undefined {
    if (transcript.role !== 'assistant') return undefined;
    const figure = this.#heard.of(transcript);
    const heard = figure && heardOf(figure, transcript.utteranceId);
    return heard && withHeard(transcript, heard);
  }

  #behindOurs({ transcriptId, revision }: Transcript): number {
    let number = revision;
    for (const ours of this.#ours.get(transcriptId) ?? []) if (ours <= number) number += 1;
    return number;
  }

  async #keep(transcript: Transcript, automatic = false): Promise<void> {
    if (this.#db) await putTranscript(this.#db, { ...transcriptToWire(transcript), ...(automatic && { automatic }) });
  }

  /** A session that a reloaded page goes on with: what an earlier run kept, read once. */
  #readPast(): Promise<void> {
    this.#past ??= this.#takePast(this.#db).catch((thrown: unknown) => {
      this.#past = undefined;
      throw thrown;
    });
    return this.#past;
  }

  async #takePast(db: TurntapeDatabase | undefined): Promise<void> {
    if (!db) return;
    for (const segment of await listSegments(db, this.#sessionId))
      this.#heard.kept(segmentFromWire(toSegmentWire(segment)));
    for (const { transcriptId, revision } of await listAutomaticRevisions(db, this.#sessionId))
      this.#ours.set(transcriptId, [...(this.#ours.get(transcriptId) ?? []), revision]);
    for (const row of await listTranscripts(db, this.#sessionId)) {
      const transcript = transcriptFromWire(toTranscriptWire(row));
      const { role, heardMs, transcriptId } = transcript;
      if (role === 'assistant' && heardMs === null) this.#waiting.set(transcriptId, transcript);
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

const nobody = (): void => undefined;

/**
 * @internal Adds what was heard to the transcripts of a session that was recovered. One that nobody can read any more says nothing
 * more. Errors: `storage_failed`, `storage_full`.
 */
export async function tellHeard(db: TurntapeDatabase, sessionId: string): Promise<void> {
  let failed: TurntapeError | undefined;
  const onError = (error: TurntapeError): void => void (failed = error);
  try {
    await new Transcripts(sessionId, db, { requireConsent: nobody, onKept: nobody, onError }).goOn();
  } catch (thrown) {
    if (!isTurntapeError(thrown) || thrown.code !== 'undecryptable') throw thrown;
  }
  if (failed) throw failed;
}
