-- How long a session is kept, who may still add to it, and what must not come back.

ALTER TABLE sessions
    ADD COLUMN delete_after TIMESTAMPTZ,                          -- the sweeper erases the session after this
    ADD COLUMN legal_hold   BOOLEAN     NOT NULL DEFAULT FALSE,   -- nothing of it is deleted, whoever asks
    ADD COLUMN revoked_at   TIMESTAMPTZ;                          -- nothing more is taken for it

CREATE INDEX sessions_delete_after ON sessions (delete_after) WHERE delete_after IS NOT NULL;

-- Erased sessions. A device that was offline may still send something of one: it must not come back. No facts of the
-- conversation are here. finished_at is NULL while objects are still to be deleted.
CREATE TABLE deleted_sessions (
    session_id  UUID        PRIMARY KEY,
    cause       TEXT        NOT NULL,        -- request | retention
    deleted_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    finished_at TIMESTAMPTZ
);

CREATE INDEX deleted_sessions_unfinished ON deleted_sessions (deleted_at) WHERE finished_at IS NULL;

-- Segments that are gone: replaced by a redacted one, or deleted (replaced_by NULL). A late copy is not stored again.
CREATE TABLE removed_segments (
    segment_id  UUID        PRIMARY KEY,
    session_id  UUID        NOT NULL,
    replaced_by UUID,
    removed_at  TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX removed_segments_session_id ON removed_segments (session_id);

-- Under a legal hold the replaced segment stays, marked, until the hold is lifted.
ALTER TABLE session_audio_segments ADD COLUMN replaced_by UUID;
CREATE INDEX idx_audio_segments_replaced_by ON session_audio_segments (session_id) WHERE replaced_by IS NOT NULL;

-- The newest first, a page at a time.
CREATE INDEX sessions_newest ON sessions (coalesce(started_at, created_at) DESC, session_id);
