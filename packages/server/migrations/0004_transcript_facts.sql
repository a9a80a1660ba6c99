-- A transcript may name its turn by the voice stack's own id alone, and may come before the audio that ties the two
-- together. turn_id stays NOT NULL: until the turn is known it holds a random id and turn_bound is false.

ALTER TABLE session_transcripts
    ADD COLUMN transcript_id TEXT,       -- with the session and the revision, the idempotency key
    ADD COLUMN external_id   TEXT,
    ADD COLUMN revision      INTEGER     NOT NULL DEFAULT 1,
    ADD COLUMN turn_bound    BOOLEAN     NOT NULL DEFAULT TRUE,
    ADD COLUMN schema        INTEGER     NOT NULL DEFAULT 1,
    ADD COLUMN updated_at    TIMESTAMPTZ NOT NULL DEFAULT now();

CREATE UNIQUE INDEX session_transcripts_transcript_id ON session_transcripts (session_id, transcript_id);
CREATE INDEX session_transcripts_turn_id ON session_transcripts (turn_id);
CREATE INDEX session_transcripts_unbound ON session_transcripts (session_id, external_id) WHERE NOT turn_bound;
