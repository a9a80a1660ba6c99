import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin, PreviewServer, ViteDevServer } from 'vite';

/** Where the server answers, its token, and the switch that kills it. `pnpm start` sets all three. */
export interface DemoServerSettings {
  server: string | undefined;
  token: string;
  serverSwitch: string | undefined;
}

/** What the demo's own page server answers beside the page: the token, the switch, and in the server's place when there is none. */
export function demoServer({ server, token, serverSwitch }: DemoServerSettings): Plugin {
  const answer = ({ middlewares }: ViteDevServer | PreviewServer): void => {
    // Hands the page its token. A real app asks its own backend, which knows who is asking.
    middlewares.use('/demo-token', (_request, response) => send(response, 200, { token }));
    middlewares.use('/demo-server', (request, response) => {
      // A header that no other site's page can send without being asked about it first.
      if (request.method !== 'GET' && request.headers['x-turntape-demo'] === undefined) return send(response, 403, {});
      if (serverSwitch === undefined) return send(response, 404, {});
      void throwSwitch(request, response, serverSwitch, token);
    });
    if (server !== undefined) return;
    // Without a server nothing is proxied; the page is told so, in the words of the wire.
    const noServer = { code: 'no_server', message: 'The demo was started without a server.' };
    middlewares.use('/v1', (_request, response) => send(response, 503, { error: noServer }));
  };
  return { name: 'demo-server', configureServer: answer, configurePreviewServer: answer };
}

async function throwSwitch(
  request: IncomingMessage,
  response: ServerResponse,
  url: string,
  token: string,
): Promise<void> {
  try {
    const { method = 'GET', url: path = '/' } = request;
    const answer = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
    send(response, answer.status, answer.ok ? await answer.json() : {});
  } catch {
    send(response, 502, {});
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json').setHeader('cache-control', 'no-store');
  response.end(JSON.stringify(body));
}
