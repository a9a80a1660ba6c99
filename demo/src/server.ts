/** One line of `GET /v1/sessions/:id`, as far as the demo shows it. */
export interface ServerTurn {
  turn_id: string | null;
  role: 'user' | 'assistant';
  text: string | null;
  interrupted: boolean;
  segment_id: string | null;
  audio_url: string | null;
  playback_url: string | null;
  format: string | null;
  duration_ms: number | null;
  byte_size: number | null;
  sha256: string | null;
  rendered_ms: number | null;
  heard_ms: number | null;
  generated_ms: number | null;
}

/** What the server says of a session. */
export type ServerAnswer =
  | { state: 'rows'; turns: readonly ServerTurn[] }
  /** It is there, and has not heard of the session yet. */
  | { state: 'empty' }
  | { state: 'unreachable'; message: string };

/** Where the demo's server answers: the page's own server passes it on. */
export const SERVER_BASE = '/v1';

let token: string | undefined;

/** The headers of every request. A real app asks its own backend for a short-lived token here. */
export async function serverHeaders(): Promise<Record<string, string>> {
  if (token === undefined) {
    const response = await fetch('/demo-token');
    if (!response.ok) throw new Error(`The demo's token answered ${response.status}.`);
    token = ((await response.json()) as { token: string }).token;
  }
  return { authorization: `Bearer ${token}` };
}

/**
 * The server's rows of a session, or without one only whether it is there. Never rejects: a server that is not there is
 * an answer, too.
 */
export async function askServer(sessionId: string | undefined, via: typeof fetch = fetch): Promise<ServerAnswer> {
  const path = sessionId === undefined ? 'config' : `sessions/${sessionId}`;
  try {
    const response = await via(`${SERVER_BASE}/${path}`, { headers: await serverHeaders() });
    if (response.status === 404) return { state: 'empty' };
    if (!response.ok) return { state: 'unreachable', message: `It answered ${response.status}.` };
    if (sessionId === undefined) return { state: 'empty' };
    const { turns } = (await response.json()) as { turns: readonly ServerTurn[] };
    return { state: 'rows', turns };
  } catch (thrown) {
    return { state: 'unreachable', message: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** Whether the server's process runs; undefined where there is no switch: the demo was not started by `pnpm start`. */
export async function askServerSwitch(): Promise<boolean | undefined> {
  return switchAnswer('GET', '').catch(() => undefined);
}

/** Kills the server's process, or starts it again: the real one, on this machine. Gives whether it runs now. */
export async function throwServerSwitch(to: 'kill' | 'start'): Promise<boolean> {
  const up = await switchAnswer('POST', `/${to}`);
  if (up === undefined) throw new Error('This demo has no switch for its server.');
  if (to === 'kill') return up;
  // Its embedded database takes a moment to open.
  for (let tries = 0; tries < 100 && (await switchAnswer('GET', '')) !== true; tries += 1)
    await new Promise((passed) => setTimeout(passed, 300));
  return (await switchAnswer('GET', '')) === true;
}

async function switchAnswer(method: string, path: string): Promise<boolean | undefined> {
  const response = await fetch(`/demo-server${path}`, { method, headers: { 'x-turntape-demo': '1' } });
  if (!response.ok) return undefined;
  return ((await response.json()) as { up: boolean }).up;
}
