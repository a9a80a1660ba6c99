-- What was generated for an utterance that was cut and that nobody heard, as a segment of its own: it is no line of the
-- conversation. NULL for every turn.

ALTER TABLE session_audio_segments ADD COLUMN unheard_tail JSONB;
