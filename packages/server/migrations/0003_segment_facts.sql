-- What Turntape knows of a segment beyond the seed's columns. All may be NULL or have a default: the seed's own INSERT
-- goes on working, and its old rows stay as they are.

ALTER TABLE session_audio_segments
    ADD COLUMN segment_id          UUID,       -- the idempotency key
    ADD COLUMN part                INTEGER     NOT NULL DEFAULT 1,
    ADD COLUMN is_last             BOOLEAN     NOT NULL DEFAULT TRUE,
    ADD COLUMN utterance_ids       JSONB       NOT NULL DEFAULT '[]',
    ADD COLUMN external_id         TEXT,       -- the voice stack's own id of the turn
    ADD COLUMN overlaps_turn_id    UUID,
    ADD COLUMN replaces            UUID,
    ADD COLUMN sha256              TEXT,       -- of the file, computed here
    ADD COLUMN input_sample_rate   INTEGER,
    ADD COLUMN sent_at             TIMESTAMPTZ,
    ADD COLUMN clock_epoch         INTEGER,
    ADD COLUMN clock_rate          INTEGER,
    ADD COLUMN start_frame         BIGINT,
    ADD COLUMN end_frame           BIGINT,
    ADD COLUMN interruption_cause  TEXT,
    ADD COLUMN end_reason          TEXT,
    ADD COLUMN rendered_ms         FLOAT8,
    ADD COLUMN heard_ms            FLOAT8,
    ADD COLUMN generated_ms        FLOAT8,
    ADD COLUMN speech_onset_ms     FLOAT8,
    ADD COLUMN response_latency_ms FLOAT8,
    ADD COLUMN gaps                JSONB       NOT NULL DEFAULT '[]',
    ADD COLUMN marks               JSONB       NOT NULL DEFAULT '[]',
    ADD COLUMN input_latency_ms    FLOAT8,
    ADD COLUMN output_latency_ms   FLOAT8,
    ADD COLUMN capture             JSONB       NOT NULL DEFAULT '{}',
    ADD COLUMN schema              INTEGER     NOT NULL DEFAULT 1;

CREATE UNIQUE INDEX idx_audio_segments_segment_id ON session_audio_segments (segment_id);
CREATE INDEX idx_audio_segments_external_id ON session_audio_segments (session_id, external_id)
    WHERE external_id IS NOT NULL;
