import { openConnection, type RealtimeConnection } from './realtime-connection.ts';
import { type RealtimeOptions, type RealtimeRecording, type RecordedSession, Recording } from './realtime-recording.ts';

export type {
  AgentsSession,
  MessageLine,
  PeerConnection,
  RealtimeConnection,
  SocketConnection,
} from './realtime-connection.ts';
export type { RealtimeOptions, RealtimeRecording, RecordedSession } from './realtime-recording.ts';

/**
 * Records a conversation with OpenAI's Realtime API: over WebRTC the bot's track, over a WebSocket its audio, which is played by us; who said what, under the
 * API's own item ids; and a cut on both sides: the server is told what was heard, and what it cuts by itself is cut here. Call it once the
 * connection is there, before the first response. The user is recorded by the session, as ever.
 * @throws TurntapeError `invalid_argument` names what is missing; `session_ended`, `source_taken`, `source_foreign_context`, `source_empty`
 */
export async function recordOpenAIRealtime(
  session: RecordedSession,
  connection: RealtimeConnection,
  options: RealtimeOptions = {},
): Promise<RealtimeRecording> {
  const recording = new Recording(session, openConnection(connection), options);
  await recording.open();
  return recording;
}
