-- How sure the recogniser was, what earlier revisions said, and how a transcript found its turn.

ALTER TABLE session_transcripts
    ADD COLUMN confidence FLOAT8,     -- 0 to 1
    ADD COLUMN bound_by   TEXT        NOT NULL DEFAULT 'turn_id'
        CHECK (bound_by IN ('turn_id', 'external_id', 'time'));

UPDATE session_transcripts SET bound_by = 'external_id' WHERE NOT turn_bound;
CREATE INDEX session_transcripts_by_time ON session_transcripts (session_id, occurred_at) WHERE bound_by = 'time';

CREATE TABLE session_transcript_revisions (
    session_id    UUID        NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    transcript_id TEXT        NOT NULL,
    revision      INTEGER     NOT NULL,
    text          TEXT        NOT NULL,
    language      TEXT,
    confidence    FLOAT8,
    interrupted   BOOLEAN     NOT NULL DEFAULT FALSE,
    created_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (session_id, transcript_id, revision)
);
