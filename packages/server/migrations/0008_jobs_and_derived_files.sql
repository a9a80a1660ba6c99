-- Work that is done after the answer: webhooks, transcription, files made from the segments. Any process may do it.

CREATE TABLE turntape_jobs (
    job_id      UUID        PRIMARY KEY,
    kind        TEXT        NOT NULL,     -- webhook | transcribe | session_file
    session_id  UUID        NOT NULL,
    -- The same work is queued once: `webhook/{session}`, `transcribe/{segment}`, `session_file/{session}/stereo.opus`.
    dedup_key   TEXT        NOT NULL UNIQUE,
    facts       JSONB       NOT NULL DEFAULT '{}',
    state       TEXT        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'dead')),
    attempts    INTEGER     NOT NULL DEFAULT 0,
    run_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- A worker that died holds its job no longer than this.
    held_until  TIMESTAMPTZ,
    last_error  TEXT,                     -- a code, never words or audio
    created_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    finished_at TIMESTAMPTZ
);

CREATE INDEX turntape_jobs_due ON turntape_jobs (run_at) WHERE state IN ('queued', 'running');
CREATE INDEX turntape_jobs_session_id ON turntape_jobs (session_id);

-- One derived file of a kind; made again, it takes the place of the old one.
ALTER TABLE session_recordings
    ADD COLUMN recording_id UUID,
    ADD COLUMN layout       TEXT,
    ADD COLUMN error        TEXT,
    ADD COLUMN metadata     JSONB NOT NULL DEFAULT '{}';

CREATE UNIQUE INDEX session_recordings_recording_id ON session_recordings (recording_id);
CREATE UNIQUE INDEX session_recordings_derived ON session_recordings (session_id, layout, format)
    WHERE recording_source = 'derived';
