-- How a segment sounds: {"score","clipped","silent","snr_db","dropouts"}. Null: not measured (see --quality).

ALTER TABLE session_audio_segments ADD COLUMN quality JSONB;
