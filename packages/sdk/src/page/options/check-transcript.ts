import { TurntapeError } from '../../core/errors.ts';
import type { Transcript, TranscriptWord } from '../../core/session.ts';
import type { TranscriptEntry } from '../transcripts.ts';

/** An entry as it is kept, as far as the app can know it. Error: `invalid_argument` names the field. */
export function checkTranscript(entry: TranscriptEntry, sessionId: string): Transcript {
  const { turnId = null, externalId = null, utteranceId = null, role, text, language = null } = entry;
  if (turnId === null && externalId === null) throw wrong('turnId', 'given, or externalId');
  if (role !== 'user' && role !== 'assistant') throw wrong('role', `'user' or 'assistant'`);
  if (typeof text !== 'string') throw wrong('text', 'a string');
  if (utteranceId !== null && (typeof utteranceId !== 'string' || utteranceId === ''))
    throw wrong('utteranceId', 'a string that is not empty');
  const revision = entry.revision ?? 1;
  if (!Number.isInteger(revision) || revision < 1) throw wrong('revision', 'a whole number from 1');
  return {
    transcriptId: entry.transcriptId ?? crypto.randomUUID(),
    sessionId,
    turnId,
    externalId,
    role,
    text,
    utteranceId,
    words: checkWords(entry.words, role),
    heardText: null,
    cutWord: null,
    heardMs: null,
    language,
    interrupted: entry.interrupted ?? false,
    occurredAt: Number(entry.occurredAt ?? Date.now()),
    revision,
    schema: 1,
  };
}

/** The three fields of each, copied: what else a service says of a word does not travel. An empty list tells nothing. */
function checkWords(
  words: readonly TranscriptWord[] | undefined,
  role: 'user' | 'assistant',
): readonly TranscriptWord[] | null {
  if (words === undefined) return null;
  if (role !== 'assistant') throw wrong('words', 'left out for the user: nobody plays what they say');
  if (!Array.isArray(words)) throw wrong('words', 'a list of { text, startMs, endMs }');
  if (words.length === 0) return null;
  let after = 0;
  return words.map((word: TranscriptWord | null, index) => {
    const field = `words[${index}]`;
    if (typeof word !== 'object' || word === null) throw wrong(field, '{ text, startMs, endMs }');
    const { text, startMs, endMs } = word;
    if (typeof text !== 'string') throw wrong(`${field}.text`, 'a string');
    if (!Number.isFinite(startMs) || startMs < after) throw wrong(`${field}.startMs`, 'not before the word before it');
    if (!Number.isFinite(endMs) || endMs < startMs) throw wrong(`${field}.endMs`, 'not before its startMs');
    after = startMs;
    return { text, startMs, endMs };
  });
}

function wrong(field: string, wanted: string): TurntapeError {
  return new TurntapeError('invalid_argument', `${field} must be ${wanted}`, { field });
}
