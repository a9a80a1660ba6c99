-- What of a transcript was heard when the bot was cut, beside what was generated, and the words' times from which that is known.

ALTER TABLE session_transcripts
    ADD COLUMN heard_text   TEXT,     -- '': nothing was heard; NULL: not known, never guessed
    ADD COLUMN heard_ms     FLOAT8,   -- how much of the audio in which the words have their times
    ADD COLUMN cut_word     INTEGER,  -- index in words of the one in which the sound ended
    ADD COLUMN words        JSONB,    -- [{"text","start_ms","end_ms"}]
    ADD COLUMN utterance_id TEXT;     -- the words' times count in its audio; NULL: in that of the turn

ALTER TABLE session_transcript_revisions
    ADD COLUMN heard_text   TEXT;
