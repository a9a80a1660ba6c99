-- Whole-session files: one speaker's track, or the mixed session file. Segments have their own table.

CREATE TABLE session_recordings (
    id               BIGSERIAL   PRIMARY KEY,
    session_id       UUID        NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    recording_source TEXT        NOT NULL DEFAULT 'browser',
    recording_type   TEXT        NOT NULL DEFAULT 'mixed' CHECK (recording_type IN ('user', 'assistant', 'mixed')),
    file_path        TEXT        NOT NULL,
    format           TEXT        NOT NULL,
    status           TEXT        NOT NULL DEFAULT 'recording' CHECK (status IN ('recording', 'completed', 'failed')),
    sample_rate      INTEGER,
    num_channels     SMALLINT,
    duration_ms      FLOAT8,
    byte_size        BIGINT,
    sha256           TEXT,
    created_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at       TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX session_recordings_session_id ON session_recordings (session_id);
