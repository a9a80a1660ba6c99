-- What happened to a session, in its order, for those who listen to it live: the rows themselves are the events, each with a
-- number. Everything that changes a session does so alone, so within a session the numbers come in the order of the commits.
-- Rows that were there before have none: they are history.

CREATE SEQUENCE turntape_event_id;

ALTER TABLE session_audio_segments       ADD COLUMN event_id BIGINT;
ALTER TABLE session_audio_segments       ALTER COLUMN event_id SET DEFAULT nextval('turntape_event_id');
ALTER TABLE session_transcript_revisions ADD COLUMN event_id BIGINT;
ALTER TABLE session_transcript_revisions ALTER COLUMN event_id SET DEFAULT nextval('turntape_event_id');
ALTER TABLE removed_segments             ADD COLUMN event_id BIGINT;
ALTER TABLE removed_segments             ALTER COLUMN event_id SET DEFAULT nextval('turntape_event_id');
-- Of the last change of the session's own facts.
ALTER TABLE sessions                     ADD COLUMN event_id BIGINT;
ALTER TABLE sessions                     ALTER COLUMN event_id SET DEFAULT nextval('turntape_event_id');

-- A session's row that only something of it made says nothing yet: no event.
CREATE OR REPLACE FUNCTION turntape_session_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sessions (session_id, event_id) VALUES (NEW.session_id, NULL) ON CONFLICT (session_id) DO NOTHING;
    RETURN NEW;
END
$$;
