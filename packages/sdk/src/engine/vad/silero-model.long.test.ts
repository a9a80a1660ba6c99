/** The same on more speech: see `UTTERANCES`. */
import './silero-model.test.ts';
