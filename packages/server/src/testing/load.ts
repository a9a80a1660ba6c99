import { createHash, randomBytes } from 'node:crypto';
import { segmentFacts, wavFile } from './sample-facts.ts';
import { segmentForm } from './server-under-test.ts';

/** What was acknowledged, and what it must be. */
export interface Acknowledged {
  segmentId: string;
  sessionId: string;
  sha256: string;
}

/** Who sends where. */
export interface LoadOptions {
  /** Where the next segment goes; asked before each. */
  target: () => string;
  token: string;
  clients: number;
  /** Sessions that the segments are of, in turn. Default: each is of one of its own. */
  sessions?: readonly string[];
  /** Told of each acknowledged segment. */
  onAcknowledged: (segment: Acknowledged) => void;
  /** Told of each other answer; undefined: there was none. */
  onRefused?: (status: number | undefined) => void;
  signal: AbortSignal;
}

/** Bytes of audio in a segment of the load. */
const AUDIO_BYTES = 8000;

/** Clients that send one segment after another, each of other bytes, until they are stopped. */
export async function sendLoad(options: LoadOptions): Promise<void> {
  const { target, token, clients, sessions = [], onAcknowledged, onRefused, signal } = options;
  let sent = 0;
  const one = async () => {
    while (!signal.aborted) {
      const audio = Buffer.concat([wavFile(0), randomBytes(AUDIO_BYTES)]);
      const session = sessions[sent++ % sessions.length];
      const facts = segmentFacts(audio, session === undefined ? {} : { session_id: session });
      const status = await post(`${target()}/v1/segments`, token, segmentForm(facts, audio));
      if (status !== 201 && status !== 200) {
        onRefused?.(status);
        // A server that is away answers at once: let the others run.
        await new Promise((settle) => setTimeout(settle, 5));
        continue;
      }
      onAcknowledged({
        segmentId: String(facts['segment_id']),
        sessionId: String(facts['session_id']),
        sha256: String(facts['sha256']),
      });
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
}

/** Ids of those that the server does not give back byte for byte. */
export async function findLost(url: string, token: string, segments: readonly Acknowledged[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { segmentId, sha256 } of segments) {
    const response = await fetch(`${url}/v1/segments/${segmentId}/audio`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200 || createHash('sha256').update(bytes).digest('hex') !== sha256) lost.push(segmentId);
  }
  return lost;
}

async function post(url: string, token: string, body: FormData): Promise<number | undefined> {
  try {
    const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body });
    await response.body?.cancel();
    return response.status;
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return undefined;
  }
}
