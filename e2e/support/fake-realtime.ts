import type { Session, SessionEvents } from 'turntape';
import type { MessageLine } from 'turntape/adapters/openai-realtime';

/** An event that the fake server was sent, without its id. */
export type SentEvent = Record<string, unknown> & { type: string };

/** What `await import('./fake-realtime.js')` gives in a test page. */
export interface FakeRealtimeModule {
  openSocket: () => MessageLine & {
    sent: SentEvent[];
    listeners: number;
    lastTruncation: string;
    says: (type: string, event?: object) => void;
    dispatchEvent: (event: Event) => boolean;
  };
  tonePieces: (ms: number, hz?: number) => string[];
  openPeer: () => Promise<{
    peerConnection: RTCPeerConnection;
    dataChannel: RTCDataChannel;
    sent: SentEvent[];
    wasTold: (count: number) => Promise<void>;
    sounds: (on: boolean) => void;
    connect: () => Promise<{ says: (type: string, event?: object) => void }>;
    close: () => Promise<void>;
  }>;
  told: <Type extends keyof SessionEvents>(
    session: Session,
    type: Type,
    is?: (event: SessionEvents[Type]) => boolean,
  ) => Promise<SessionEvents[Type]>;
  heard: (session: Session, speaker: 'user' | 'bot') => Promise<unknown>;
}
