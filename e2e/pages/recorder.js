// The built package, as a plain page loads it: no bundler between.
import * as turntape from './sdk/index.js';

window.turntape = turntape;
