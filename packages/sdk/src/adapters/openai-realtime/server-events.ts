import { type AudioFormat, readAudioFormat } from './audio-format.ts';

/**
 * The server events of OpenAI's Realtime API that a recording needs, as news of our own. The names of the first version
 * (`response.audio.delta`) are taken, too. What is none of them is nothing to us.
 */
export type RealtimeNews =
  /** How the session is set up, as far as the event says. `cuts`: the server ends its own reply when it hears the user. */
  | { type: 'settings'; output: AudioFormat | undefined; cuts: boolean | undefined }
  | { type: 'user-speech'; itemId: string; speaks: boolean }
  | { type: 'user-committed'; itemId: string }
  | { type: 'user-text'; itemId: string; text: string }
  /** A response is being made, or is complete, cancelled or failed. */
  | { type: 'response'; responseId: string; isActive: boolean }
  | { type: 'bot-item'; responseId: string; itemId: string }
  | { type: 'bot-audio'; responseId: string; itemId: string; contentIndex: number; base64: string }
  | { type: 'bot-audio-end'; itemId: string }
  /** A further piece of what is said, or all of it. */
  | { type: 'bot-text'; responseId: string; itemId: string; text: string; isWhole: boolean }
  /** WebRTC: the server's own buffer of what it plays. */
  | { type: 'bot-plays'; responseId: string | undefined; now: 'started' | 'stopped' | 'cleared' }
  /** The server did not take a client event of this id. */
  | { type: 'refused'; eventId: string; code: string };

/** Reads what came by the socket or the data channel: text, or the object of it. Undefined: nothing that a recording needs. */
export function readServerEvent(data: unknown): RealtimeNews | undefined {
  const event = objectOf(typeof data === 'string' ? parsed(data) : data);
  const itemId = text(event['item_id']);
  const responseId = text(event['response_id']);
  switch (event['type']) {
    case 'session.created':
    case 'session.updated':
      return readSettings(objectOf(event['session']));
    case 'input_audio_buffer.speech_started':
    case 'input_audio_buffer.speech_stopped':
      return itemId === undefined
        ? undefined
        : { type: 'user-speech', itemId, speaks: event['type'].endsWith('started') };
    case 'input_audio_buffer.committed':
      return itemId === undefined ? undefined : { type: 'user-committed', itemId };
    case 'conversation.item.input_audio_transcription.completed':
      return itemId === undefined ? undefined : { type: 'user-text', itemId, text: text(event['transcript']) ?? '' };
    case 'response.created':
    case 'response.done': {
      const id = text(objectOf(event['response'])['id']);
      return id === undefined
        ? undefined
        : { type: 'response', responseId: id, isActive: event['type'] === 'response.created' };
    }
    case 'response.output_item.added': {
      const added = objectOf(event['item']);
      const id = text(added['id']);
      return id !== undefined && responseId !== undefined && added['type'] === 'message'
        ? { type: 'bot-item', responseId, itemId: id }
        : undefined;
    }
    case 'response.output_audio.delta':
    case 'response.audio.delta': {
      const base64 = text(event['delta']);
      if (itemId === undefined || responseId === undefined || base64 === undefined) return undefined;
      return { type: 'bot-audio', responseId, itemId, contentIndex: Number(event['content_index'] ?? 0), base64 };
    }
    case 'response.output_audio.done':
    case 'response.audio.done':
      return itemId === undefined ? undefined : { type: 'bot-audio-end', itemId };
    case 'response.output_audio_transcript.delta':
    case 'response.audio_transcript.delta':
      return spoken(responseId, itemId, event['delta'], false);
    case 'response.output_audio_transcript.done':
    case 'response.audio_transcript.done':
      return spoken(responseId, itemId, event['transcript'], true);
    case 'output_audio_buffer.started':
      return { type: 'bot-plays', responseId, now: 'started' };
    case 'output_audio_buffer.stopped':
      return { type: 'bot-plays', responseId, now: 'stopped' };
    case 'output_audio_buffer.cleared':
      return { type: 'bot-plays', responseId, now: 'cleared' };
    case 'error': {
      const error = objectOf(event['error']);
      const eventId = text(error['event_id']);
      return eventId === undefined
        ? undefined
        : { type: 'refused', eventId, code: text(error['code']) ?? text(error['type']) ?? 'error' };
    }
    default:
      return undefined;
  }
}

function spoken(
  responseId: string | undefined,
  itemId: string | undefined,
  said: unknown,
  isWhole: boolean,
): RealtimeNews | undefined {
  const words = text(said);
  return responseId !== undefined && itemId !== undefined && words !== undefined
    ? { type: 'bot-text', responseId, itemId, text: words, isWhole }
    : undefined;
}

/** Formats and turn detection, where the current version has them (`audio.output.format`) and where the first one had. */
function readSettings(session: Fields): RealtimeNews {
  const audio = objectOf(session['audio']);
  const input = objectOf(audio['input']);
  const format = objectOf(audio['output'])['format'] ?? session['output_audio_format'];
  const detection = input['turn_detection'] === undefined ? session['turn_detection'] : input['turn_detection'];
  const cuts =
    detection === undefined ? undefined : detection !== null && objectOf(detection)['interrupt_response'] !== false;
  return { type: 'settings', output: readAudioFormat(format), cuts };
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    // Whatever else travels by this line is not of the protocol, and not ours to judge.
    return undefined;
  }
}
