import '@turntape/element/define';
import { createRecorder } from 'turntape';
import { recordOneTurn } from './record-one-turn.js';

window.recordOneTurn = () => recordOneTurn(createRecorder);
