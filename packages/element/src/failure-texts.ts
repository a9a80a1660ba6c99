import type { TurntapeErrorCode } from 'turntape';
import type { KnownDenial } from './microphone-denial.ts';

/** What a person is told of a failure: what happened, and the way out. Two plain sentences at most for each. */
export interface FailureText {
  what: string;
  wayOut: string;
}

/** For failures that only the page's maker can mend. */
const forTheMaker = (what: string): FailureText => ({
  what,
  wayOut: 'This is a fault of the page. Please tell its makers the code below.',
});

const RELOAD = 'Reload the page and try again.';

/** One text for each error code. The compiler sees to it that none is missing. */
export const DEFAULT_FAILURES: Readonly<Record<TurntapeErrorCode, FailureText>> = {
  invalid_option: forTheMaker('The recorder was set up with a value that it does not understand.'),
  unknown_option: forTheMaker('The recorder was set up with an option that it does not know.'),
  unsupported_format: {
    what: 'This browser cannot record or play this audio format.',
    wayOut: 'Update the browser, or ask the makers of the page to record as WAV.',
  },
  invalid_session_id: forTheMaker('The name of this session is not valid.'),
  invalid_argument: forTheMaker('The page gave the recorder something that it cannot use.'),
  session_active: {
    what: 'A recording is already running.',
    wayOut: 'Stop it first. It may be open in another tab.',
  },
  session_ended: { what: 'This recording has ended.', wayOut: 'Start a new one.' },
  turn_ended: { what: 'This turn has already ended.', wayOut: 'Nothing is lost. Go on talking.' },
  disposed: { what: 'The recorder was closed.', wayOut: RELOAD },
  aborted: { what: 'The start was called off.', wayOut: 'Start again whenever you like.' },
  consent_required: {
    what: 'Nothing is recorded before you agree.',
    wayOut: 'Read the text and agree to it, then start.',
  },
  microphone_denied: {
    what: 'The microphone is blocked for this page.',
    wayOut: 'Open the site settings beside the address, allow the microphone, and try again.',
  },
  microphone_not_found: {
    what: 'No microphone was found.',
    wayOut: 'Plug one in or switch it on, and try again.',
  },
  microphone_busy: {
    what: 'Another program is using the microphone.',
    wayOut: 'Close calls and other recorders, and try again.',
  },
  microphone_failed: {
    what: 'The microphone stopped working.',
    wayOut: 'Check its plug or its connection, and try again.',
  },
  output_unsupported: {
    what: 'This browser cannot choose a loudspeaker for the page.',
    wayOut: 'Choose it in the settings of the system.',
  },
  output_failed: {
    what: 'The loudspeaker that was chosen cannot be used.',
    wayOut: 'Check its plug or its connection, or choose another.',
  },
  audio_context_failed: { what: 'The sound system of this browser could not be opened.', wayOut: RELOAD },
  audio_context_suspended: {
    what: 'The browser has put the sound on hold.',
    wayOut: 'Click anywhere on the page to go on.',
  },
  worklet_failed: { what: 'The part that listens could not be loaded.', wayOut: RELOAD },
  source_foreign_context: forTheMaker('The voice of the bot comes from another audio graph.'),
  source_taken: forTheMaker('The voice of the bot is already used elsewhere on this page.'),
  source_empty: forTheMaker('The voice of the bot carries no sound.'),
  asset_not_found: forTheMaker('A file of the recorder is missing on this site.'),
  worker_failed: {
    what: 'The part that writes the recording stopped.',
    wayOut: 'What was recorded up to then is kept. Reload the page to go on.',
  },
  engine_restarted: {
    what: 'The part that writes the recording crashed and was started again.',
    wayOut: 'The recording goes on. A moment of it may be missing.',
  },
  vad_failed: {
    what: 'The speech detector could not be loaded.',
    wayOut: 'A simpler one is listening instead. The recording goes on.',
  },
  encoder_failed: {
    what: 'The audio could not be written.',
    wayOut: 'Reload the page. What was kept before is still there.',
  },
  storage_unavailable: {
    what: 'This browser does not let the page keep anything.',
    wayOut: 'Leave private browsing, or allow this site to store data.',
  },
  storage_failed: { what: 'The recording could not be written to this device.', wayOut: RELOAD },
  storage_full: {
    what: 'This device has no room left for recordings.',
    wayOut: 'Free some space, then start again. What was kept is still there.',
  },
  audio_sealed: {
    what: 'This recording is locked on this device.',
    wayOut: 'Listen to it where it was sent to.',
  },
  undecryptable: {
    what: 'A recording on this device cannot be opened any more.',
    wayOut: 'Its key is gone. What was sent before is where it was sent to; all others are not touched.',
  },
  unauthorized: {
    what: 'The server does not accept this page’s permission.',
    wayOut: 'Everything stays on this device. Sign in again to send it.',
  },
  rejected: {
    what: 'The server refused a recording.',
    wayOut: 'It stays on this device. Please tell the makers of the page the code below.',
  },
  receipt_mismatch: {
    what: 'The server’s receipt does not match what was sent.',
    wayOut: 'The recording stays on this device and is not let go.',
  },
  network: {
    what: 'The server cannot be reached.',
    wayOut: 'Everything stays on this device and is sent when the connection is back.',
  },
  server_error: {
    what: 'The server has a fault at the moment.',
    wayOut: 'Everything stays on this device and is sent again soon.',
  },
  not_supported_by_target: {
    what: 'The server has no place for part of what was sent.',
    wayOut: 'The recordings themselves are not touched by this.',
  },
};

/** One text for each thing that may stand between the page and the microphone. */
export const DENIED: Readonly<Record<KnownDenial, FailureText>> = {
  dismissed: {
    what: 'The question for the microphone was closed.',
    wayOut: 'Try again, and choose “Allow” this time.',
  },
  system: {
    what: 'The system does not let this browser use the microphone.',
    wayOut: 'Allow it in the privacy settings of the system, restart the browser, and try again.',
  },
  insecure: {
    what: 'Browsers give the microphone to secure pages only.',
    wayOut: 'Open this page by an address that begins with https.',
  },
  policy: forTheMaker('This page is not allowed to use the microphone.'),
};

/** For whatever has no code of ours. */
export const UNKNOWN_FAILURE: FailureText = { what: 'Something went wrong.', wayOut: RELOAD };
