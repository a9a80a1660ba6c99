-- The two tables as users of rustvani's audio capture already have them: columns, names, types, CHECKs and indexes.
-- A database that holds them keeps its rows. Two things differ on purpose, both in 0002: there the transcript's session
-- is a row of `sessions`, and that row is made by the database, so that either table may be written first.

CREATE TABLE IF NOT EXISTS session_audio_segments (
    id           BIGSERIAL   PRIMARY KEY,
    session_id   UUID        NOT NULL,
    turn_id      UUID,
    speaker      TEXT        NOT NULL CHECK (speaker IN ('user', 'bot')),
    audio_url    TEXT        NOT NULL,
    format       TEXT        NOT NULL DEFAULT 'wav',
    sample_rate  INTEGER     NOT NULL,
    num_channels SMALLINT    NOT NULL,
    duration_ms  FLOAT8      NOT NULL,
    byte_size    BIGINT      NOT NULL,
    interrupted  BOOLEAN     NOT NULL DEFAULT FALSE,
    started_at   TIMESTAMPTZ NOT NULL,
    ended_at     TIMESTAMPTZ NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_audio_segments_session_id ON session_audio_segments (session_id);
CREATE INDEX IF NOT EXISTS idx_audio_segments_turn_id    ON session_audio_segments (turn_id);

CREATE TABLE IF NOT EXISTS session_transcripts (
    id          BIGSERIAL   PRIMARY KEY,
    session_id  UUID        NOT NULL,
    turn_id     UUID        NOT NULL,
    role        TEXT        NOT NULL CHECK (role IN ('user', 'assistant')),
    text        TEXT        NOT NULL,
    language    TEXT,
    interrupted BOOLEAN     NOT NULL DEFAULT FALSE,
    occurred_at TIMESTAMPTZ NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS session_transcripts_session_id  ON session_transcripts (session_id);
CREATE INDEX IF NOT EXISTS session_transcripts_occurred_at ON session_transcripts (occurred_at);
