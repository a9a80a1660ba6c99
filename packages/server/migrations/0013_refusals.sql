-- What was refused of a session, by code: a device that sends what nobody takes is seen without reading logs.

CREATE TABLE session_refusals (
    session_id UUID        NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    code       TEXT        NOT NULL,
    count      INTEGER     NOT NULL DEFAULT 1,
    last_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (session_id, code)
);
