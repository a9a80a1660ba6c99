-- Where the audio lies when the operator has it laid out in another way than recordings/{session_id}/{segment_id}.ext. NULL: there.

ALTER TABLE session_audio_segments ADD COLUMN audio_key TEXT;
