import { TurntapeError } from '../core/errors.ts';
import type { Transcript } from '../core/session.ts';
import { transcriptToWire } from '../core/wire.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { putTranscript } from '../storage/transcripts.ts';

/** What was said, for a turn named by our id or by the voice stack's own. */
export interface TranscriptEntry {
  turnId?: string;
  externalId?: string;
  role: 'user' | 'assistant';
  text: string;
  /** BCP 47, such as `en-US`. */
  language?: string;
  /** The speaker was cut before the end of it. Default false. */
  interrupted?: boolean;
  /** Wall time of the words. Default now. */
  occurredAt?: Date | number;
  /** Of an earlier entry, to correct it: the same id with a higher revision. Default a new one. */
  transcriptId?: string;
  /** Default 1. */
  revision?: number;
}

/** The session's transcripts: kept on the device, then sent. An entry may come late, even after its segment was sent. */
export class Transcripts {
  readonly #sessionId: string;
  readonly #db: TurntapeDatabase | undefined;
  readonly #requireConsent: () => void;
  readonly #onKept: (transcript: Transcript) => void;

  /** @internal Without a database nothing is kept: of a session that is not sampled. */
  constructor(
    sessionId: string,
    db: TurntapeDatabase | undefined,
    { requireConsent, onKept }: { requireConsent: () => void; onKept: (transcript: Transcript) => void },
  ) {
    this.#sessionId = sessionId;
    this.#db = db;
    this.#requireConsent = requireConsent;
    this.#onKept = onKept;
  }

  /**
   * Settles when the entry is kept, which is told as `transcript`. Errors: `invalid_argument` names the field;
   * `consent_required`: it was taken back; `storage_full`, `storage_failed`.
   */
  async attach(entry: TranscriptEntry): Promise<{ transcriptId: string }> {
    const transcript = this.#transcript(entry);
    this.#requireConsent();
    if (this.#db) await putTranscript(this.#db, transcriptToWire(transcript));
    this.#onKept(transcript);
    return { transcriptId: transcript.transcriptId };
  }

  #transcript(entry: TranscriptEntry): Transcript {
    const { turnId = null, externalId = null, role, text, language = null, interrupted = false } = entry;
    if (turnId === null && externalId === null) throw wrong('turnId', 'given, or externalId');
    if (role !== 'user' && role !== 'assistant') throw wrong('role', `'user' or 'assistant'`);
    if (typeof text !== 'string') throw wrong('text', 'a string');
    const revision = entry.revision ?? 1;
    if (!Number.isInteger(revision) || revision < 1) throw wrong('revision', 'a whole number from 1');
    return {
      transcriptId: entry.transcriptId ?? crypto.randomUUID(),
      sessionId: this.#sessionId,
      turnId,
      externalId,
      role,
      text,
      language,
      interrupted,
      occurredAt: Number(entry.occurredAt ?? Date.now()),
      revision,
      schema: 1,
    };
  }
}

function wrong(field: string, wanted: string): TurntapeError {
  return new TurntapeError('invalid_argument', `${field} must be ${wanted}`, { field });
}
