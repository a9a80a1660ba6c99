// The package's further entries, as a plain page loads them.
import * as turntape from './sdk/index.js';
import * as file from './sdk/file.js';
import * as testing from './sdk/testing.js';
import * as ticket from './sdk/ticket.js';
import * as tus from './sdk/tus.js';

window.turntape = turntape;
window.entries = { file, testing, ticket, tus };
