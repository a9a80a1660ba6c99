import { DEFAULT_FAILURES, DENIED, UNKNOWN_FAILURE } from './failure-texts.ts';
import type { TurnTapeTexts } from './texts.ts';
import { countdownText, durationText, runningTime } from './time-texts.ts';

const files = (count: number): string => (count === 1 ? '1 recording' : `${count} recordings`);

const minutes = (count: number): string => (count === 1 ? '1 more minute' : `${count} more minutes`);

const withBacklog = (text: string, backlog: number): string =>
  backlog === 0 ? text : `${text} ${files(backlog)} of earlier conversations ${backlog === 1 ? 'waits' : 'wait'}, too.`;

/** The English texts. */
export const DEFAULT_TEXTS: Readonly<TurnTapeTexts> = {
  recorder: 'Conversation recorder',
  start: 'Start',
  startAgain: 'Start again',
  cancel: 'Cancel',
  stop: 'Stop',
  agree: 'Agree and start',
  consent: 'This conversation is recorded, turn by turn. Nothing is captured before you agree.',
  phase: {
    idle: 'Ready',
    consent: 'Your consent first',
    starting: 'Opening the microphone',
    recording: 'Recording',
    'not-sampled': 'Not recorded',
    suspended: 'On hold',
    stopping: 'Finishing',
    ended: 'Ended',
    failed: 'Not recording',
  },
  asking: {
    what: 'Your browser asks for the microphone.',
    wayOut: 'Choose “Allow” in its question, at the top of the window. Nothing is recorded before that.',
  },
  user: 'You',
  bot: 'Bot',
  waveform: 'Waveform of the conversation: you above, the bot below',
  levels: 'Levels',
  levelOfUser: 'Your microphone',
  levelOfBot: 'The bot’s voice',
  level: (db) => `${db} dB`,
  silent: 'silent',
  mute: 'Mute',
  muted: 'Muted',
  deafen: 'Bot’s sound off',
  deafened: 'Bot’s sound off',
  volume: 'Volume of the bot',
  volumeValue: (percent) => `${percent} %`,
  talk: {
    hold: 'Hold to talk',
    talking: 'Talking',
    hint: 'Hold it down while you speak, or hold the space bar.',
  },
  microphone: 'Microphone',
  loudspeaker: 'Loudspeaker',
  defaultDevice: 'System default',
  hold: {
    suspended: {
      what: 'The browser has put the sound on hold.',
      wayOut: 'Nothing is recorded at the moment. Press “Go on”.',
    },
    interrupted: {
      what: 'Something else is using the sound, a call perhaps.',
      wayOut: 'The recording goes on by itself when that is over.',
    },
    rebuilding: {
      what: 'The sound of this device stopped.',
      wayOut: 'It is being opened again. This takes a moment.',
    },
  },
  resume: 'Go on',
  microphoneNews: {
    silent: {
      what: 'Your microphone gives no sound at all.',
      wayOut: 'Look for a switch on it, or choose another microphone.',
    },
    muted: {
      what: 'Your microphone is muted by the system.',
      wayOut: 'Look for a mute key on the keyboard or a switch on the device.',
    },
    lost: {
      what: 'Your microphone is gone.',
      wayOut: 'Another one is being looked for. Plug it in again, or choose one.',
    },
  },
  botMissing: {
    what: 'The bot speaks and is not being recorded.',
    wayOut: 'What you say is. If this stays, start again.',
  },
  lowSpace: (minutesLeft) => ({
    what:
      minutesLeft === null
        ? 'This device has little room left.'
        : `This device has room for ${minutesLeft < 1 ? 'less than a minute' : `about ${minutes(Math.floor(minutesLeft))}`}.`,
    wayOut: 'Free some space soon. What is recorded is safe.',
  }),
  deviceFull: {
    what: 'This device is full.',
    wayOut: 'What is said now waits in memory. Free some space, and it is kept by itself.',
  },
  turns: 'Turns',
  noTurns: 'Turns appear here while you talk.',
  interrupted: 'Interrupted',
  notHeard: 'not heard:',
  heard: (heardMs, generatedMs) => {
    if (generatedMs === null) return `heard ${durationText(heardMs)}`;
    const [heard, generated] = [durationText(heardMs), durationText(generatedMs)];
    return heard === generated ? 'heard in full' : `heard ${heard.replace(/ s$/, '')} of ${generated}`;
  },
  beganAt: (sessionMs) => runningTime(sessionMs),
  answeredAfter: (latencyMs) => `after ${durationText(latencyMs)}`,
  duration: durationText,
  delivery: {
    recording: 'Recording',
    keeping: 'Keeping',
    kept: 'Kept',
    sent: 'Sent',
    acknowledged: 'Delivered',
    rejected: 'Refused',
    discarded: 'Not kept',
  },
  deliveryHint: {
    recording: 'This turn is being recorded.',
    keeping: 'This turn is being written to this device.',
    kept: 'Safe on this device, not yet sent.',
    sent: 'Its bytes have gone; the server has not confirmed them yet.',
    acknowledged: 'The server proved that it has it.',
    rejected: 'The server refused it. It stays on this device.',
    discarded: 'There was nothing to keep.',
  },
  play: (speaker, position, length) => `Play turn ${position}, ${speaker}, ${length}`,
  stopPlaying: (speaker, position) => `Stop playing turn ${position}, ${speaker}`,
  audioGone: 'This turn’s audio is no longer on this device.',
  audioUnplayable: 'This browser cannot play this turn.',
  standing: {
    local: ({ total }) => `${files(total)} on this device`,
    delivered: ({ total }) => (total > 1 ? `All ${total} delivered` : 'Delivered'),
    sending: ({ delivered, total, remainingMs, backlog }) => {
      const left = remainingMs === undefined || remainingMs < 5000 ? '' : `, about ${countdownText(remainingMs)} left`;
      const what =
        total === 0 ? `Sending ${files(backlog)} of earlier conversations` : `${delivered} of ${total} delivered`;
      return `${what}${left}`;
    },
    waiting: ({ remainingMs, backlog }) => {
      const next = remainingMs === undefined ? 'soon' : `in ${countdownText(remainingMs)}`;
      const trying = remainingMs === 0 ? 'it is being tried again now' : `the next try is ${next}`;
      return withBacklog(`The server does not answer. Everything is kept on this device; ${trying}.`, backlog);
    },
    offline: ({ delivered, total, backlog }) =>
      withBacklog(`You are offline. ${files(total - delivered)} kept on this device, sent when you are back.`, backlog),
    rejected: ({ rejected }) => `The server refused ${files(rejected)}. Nothing is lost: it all stays on this device.`,
    paused: ({ total, delivered }) => `Delivery is paused. ${files(total - delivered)} kept on this device.`,
  },
  progress: 'Delivered',
  sendNow: 'Send now',
  exportAudio: 'Save audio',
  exportAll: 'Save everything',
  exporting: 'The file is being made.',
  exported: (fileName) => `Saved as ${fileName}.`,
  erase: 'Erase',
  eraseQuestion: 'Erase this conversation?',
  eraseMeaning: (atTarget) =>
    atTarget
      ? 'Its sound and its words are deleted from this device, and the server is asked to delete them, too. This cannot be undone.'
      : 'Its sound and its words are deleted from this device. This cannot be undone.',
  eraseYes: 'Erase it',
  eraseNo: 'Keep it',
  erased: 'The conversation is erased.',
  withdraw: 'Withdraw consent',
  withdrawQuestion: 'Withdraw your consent?',
  withdrawMeaning: (atTarget) =>
    `Recording ends, and nothing more is recorded before you agree again. You can keep what there is, or erase all of it on this device${atTarget ? ' and have the server erase its copies' : ''}.`,
  withdrawKeep: 'Withdraw, keep recordings',
  withdrawErase: 'Withdraw and erase all',
  withdrawNo: 'Go on',
  withdrawn: 'Your consent is withdrawn. Nothing more is recorded.',
  withdrawnAndErased: 'Your consent is withdrawn, and all recordings are erased.',
  said: {
    recording: 'Recording has begun.',
    muted: 'You are muted.',
    unmuted: 'You can be heard again.',
    deafened: 'You do not hear the bot.',
    undeafened: 'You hear the bot again.',
    ended: (turns) => `The recording has ended, with ${turns === 1 ? '1 turn' : `${turns} turns`}.`,
    offline: 'You are offline. Everything is kept on this device.',
    online: 'You are online again.',
    delivered: 'Everything is delivered.',
    interrupted: 'The bot was interrupted.',
  },
  tryAgain: 'Try again',
  dismiss: 'Dismiss',
  errorCode: (code) => `Code: ${code}`,
  required: 'Record a conversation first.',
  failures: DEFAULT_FAILURES,
  denied: DENIED,
  unknownFailure: UNKNOWN_FAILURE,
};
