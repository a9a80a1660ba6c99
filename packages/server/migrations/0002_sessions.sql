-- One row per conversation. Plain CREATE TABLE on purpose: a foreign table of this name must stop the migration.

CREATE TABLE sessions (
    session_id    UUID        PRIMARY KEY,
    started_at    TIMESTAMPTZ,
    ended_at      TIMESTAMPTZ,
    duration_secs FLOAT8      GENERATED ALWAYS AS (EXTRACT(EPOCH FROM ended_at - started_at)::FLOAT8) STORED,
    finish_reason TEXT,                -- end | stop | cancel
    end_reason    TEXT,                -- session_stop | page_exit | crash
    state         TEXT        CHECK (state IN ('active', 'ended', 'recovered')),   -- NULL: never announced
    metadata      JSONB       NOT NULL DEFAULT '{}',
    consent       JSONB,               -- subject, text_version, granted_at
    epochs        JSONB       NOT NULL DEFAULT '[]',
    schema        INTEGER     NOT NULL DEFAULT 1,
    created_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at    TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX sessions_started_at       ON sessions (started_at);
CREATE INDEX sessions_metadata         ON sessions USING GIN (metadata);
-- The GIN index serves metadata @> '{"user_id": …}'; this one serves metadata->>'user_id' = ….
CREATE INDEX sessions_metadata_user_id ON sessions ((metadata ->> 'user_id'));

-- What the seed knew of its sessions, where its table is there.
DO $$
BEGIN
    IF to_regclass('billing_sessions') IS NOT NULL THEN
        INSERT INTO sessions (session_id, started_at, ended_at, finish_reason, metadata, created_at, updated_at)
        SELECT session_id, started_at, ended_at, finish_reason, metadata, created_at, updated_at FROM billing_sessions;
    END IF;
END
$$;

INSERT INTO sessions (session_id)
SELECT session_id FROM session_audio_segments UNION SELECT session_id FROM session_transcripts
ON CONFLICT (session_id) DO NOTHING;

ALTER TABLE session_transcripts DROP CONSTRAINT IF EXISTS session_transcripts_session_id_fkey;
ALTER TABLE session_transcripts ADD CONSTRAINT session_transcripts_session_id_fkey
    FOREIGN KEY (session_id) REFERENCES sessions (session_id) ON DELETE CASCADE;

-- Audio, transcript and session come in any order and from more than one writer (a voice server may go on writing its
-- own transcripts): whichever is first makes the session's row.
CREATE FUNCTION turntape_session_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sessions (session_id) VALUES (NEW.session_id) ON CONFLICT (session_id) DO NOTHING;
    RETURN NEW;
END
$$;

CREATE TRIGGER turntape_session_row BEFORE INSERT ON session_audio_segments
    FOR EACH ROW EXECUTE FUNCTION turntape_session_row();
CREATE TRIGGER turntape_session_row BEFORE INSERT ON session_transcripts
    FOR EACH ROW EXECUTE FUNCTION turntape_session_row();
