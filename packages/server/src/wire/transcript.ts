import * as v from 'valibot';
import {
  flag,
  label,
  milliseconds,
  oneOf,
  orNull,
  ratio,
  schemaVersion,
  shortText,
  text,
  uuid,
  wallTime,
  wholeNumber,
} from './scalars.ts';

/**
 * What was said, bound to a turn by its id, by the voice stack's own, or by session and time when it names neither. Names the server does not know are kept in the
 * file beside the audio.
 */
export const transcriptSchema = v.looseObject({
  // The app may choose it: the id its voice stack gave the words.
  transcript_id: label,
  session_id: uuid,
  turn_id: orNull(uuid),
  external_id: orNull(label),
  // Voice stacks call the bot either way; the table knows `assistant`.
  role: v.pipe(
    oneOf(['user', 'assistant', 'bot']),
    v.transform((role): 'user' | 'assistant' => (role === 'bot' ? 'assistant' : role)),
  ),
  text,
  // Of the bot: what of the text was heard, and the words' times that tell it, in the audio of an utterance or of the turn.
  utterance_id: orNull(label),
  words: orNull(v.array(v.looseObject({ text, start_ms: milliseconds, end_ms: milliseconds }), 'must be a list')),
  heard_text: orNull(text),
  cut_word: orNull(wholeNumber(0)),
  heard_ms: orNull(milliseconds),
  language: orNull(shortText),
  // How sure the recogniser was.
  confidence: orNull(ratio),
  interrupted: v.optional(flag, false),
  occurred_at: wallTime,
  revision: v.optional(wholeNumber(1), 1),
  schema: schemaVersion,
});

/** A transcript entry that has been checked. */
export type TranscriptFacts = v.InferOutput<typeof transcriptSchema>;
