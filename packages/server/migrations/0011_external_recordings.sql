-- Recordings that somebody else made of a session, such as a telephone provider's, and what that one calls them.

ALTER TABLE session_recordings ADD COLUMN external_id TEXT;
ALTER TABLE session_recordings ADD COLUMN started_at  TIMESTAMPTZ;
ALTER TABLE session_recordings ADD COLUMN event_id    BIGINT;
ALTER TABLE session_recordings ALTER COLUMN event_id SET DEFAULT nextval('turntape_event_id');
