import { TurntapeError } from '../../core/errors.ts';
import type { AttachSource } from '../../page/audio/attachment.ts';
import type { ClientEvent } from './client-events.ts';

/** A line of messages: a browser's `WebSocket` or `RTCDataChannel`, or anything like them. */
export interface MessageLine extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  send(data: string): void;
}

/** A WebSocket to the Realtime API: its audio comes as messages, and we play it. */
export interface SocketConnection {
  socket: MessageLine;
}

/** A WebRTC connection to the Realtime API: its audio comes as a track. */
export interface PeerConnection {
  /** The channel `oai-events`. */
  dataChannel: MessageLine;
  /** Its first remote audio track is recorded, also one that is still to come. */
  peerConnection?: Pick<RTCPeerConnection, 'getReceivers' | 'addEventListener' | 'removeEventListener'>;
  /** In its place: the stream, the track, or the element that plays it. An element is muted while we play it (`play: true`). */
  source?: AttachSource;
}

/** A connected session of `@openai/agents` (`RealtimeSession`), by either transport. */
export interface AgentsSession {
  readonly transport: {
    /** As `OpenAIRealtimeWebRTC` and `OpenAIRealtimeWebSocket` have it. */
    readonly connectionState?: unknown;
    sendEvent?(event: never): void;
  };
}

/** Whatever stands between the page and the Realtime API. */
export type RealtimeConnection = SocketConnection | PeerConnection | AgentsSession;

/** The same, taken apart. */
export interface OpenConnection {
  line: MessageLine;
  send: (event: ClientEvent) => void;
  /** Undefined: the audio comes as messages. */
  audio: Pick<PeerConnection, 'peerConnection' | 'source'> | undefined;
}

/** Error: `invalid_argument`: it is none of them, or is not connected. */
export function openConnection(connection: RealtimeConnection): OpenConnection {
  if ('transport' in connection) return agentsConnection(connection.transport);
  if ('socket' in connection) return { ...toLine(connection.socket, 'socket'), audio: undefined };
  const { dataChannel, peerConnection, source } = connection;
  if (!peerConnection && !source)
    throw wrong('source', 'or peerConnection must be given: the bot’s audio comes by one of them');
  return {
    ...toLine(dataChannel, 'dataChannel'),
    audio: { ...(peerConnection && { peerConnection }), ...(source && { source }) },
  };
}

function agentsConnection(transport: AgentsSession['transport']): OpenConnection {
  const state = (transport.connectionState ?? {}) as Partial<{
    websocket: MessageLine;
    dataChannel: MessageLine;
    peerConnection: RTCPeerConnection;
  }>;
  const connection: RealtimeConnection | undefined =
    state.websocket !== undefined
      ? { socket: state.websocket }
      : state.dataChannel &&
        state.peerConnection && { dataChannel: state.dataChannel, peerConnection: state.peerConnection };
  if (!connection) throw wrong('transport', 'is not connected: await its connect() first');
  const open = openConnection(connection);
  // It keeps count of what it has asked for, and so must hear of it.
  return transport.sendEvent ? { ...open, send: (event) => transport.sendEvent?.(event as never) } : open;
}

function toLine(line: MessageLine | undefined, field: string): Pick<OpenConnection, 'line' | 'send'> {
  if (typeof line?.send !== 'function' || typeof line.addEventListener !== 'function')
    throw wrong(field, 'must have send() and addEventListener()');
  return { line, send: (event) => line.send(JSON.stringify(event)) };
}

function wrong(field: string, message: string): TurntapeError {
  return new TurntapeError('invalid_argument', `${field} ${message}`, { field });
}
