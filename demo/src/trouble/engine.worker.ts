// The engine as it is, on a disk that can be full. The first import is there before the second begins.
import './refuse-writes.ts';
import 'turntape/assets/engine.worker.js';
