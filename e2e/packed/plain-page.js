import { createRecorder } from './node_modules/turntape/dist/index.js';
import { recordOneTurn } from './record-one-turn.js';

window.recordOneTurn = () => recordOneTurn(createRecorder);
