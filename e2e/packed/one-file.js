import { createRecorder } from './turntape/turn-tape.bundle.js';
import { recordOneTurn } from './record-one-turn.js';

window.recordOneTurn = () => recordOneTurn(createRecorder);
