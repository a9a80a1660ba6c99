import { defineConfig } from 'vite';
import type { PreviewServer, ViteDevServer } from 'vite';

/** Where the server answers, and the token it asks for. `pnpm start` sets both. */
const { TURNTAPE_SERVER_URL: server, TURNTAPE_TOKEN: token = '' } = process.env;

/** Hands the page its token. A real app asks its own backend, which knows who is asking. */
function answer({ middlewares }: ViteDevServer | PreviewServer): void {
  middlewares.use('/demo-token', (_request, response) => {
    response.setHeader('content-type', 'application/json').setHeader('cache-control', 'no-store');
    response.end(JSON.stringify({ token }));
  });
  if (server !== undefined) return;
  // Without a server nothing is proxied; the page is told so, in the words of the wire.
  middlewares.use('/v1', (_request, response) => {
    response.statusCode = 503;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ error: { code: 'no_server', message: 'The demo was started without a server.' } }));
  });
}

export default defineConfig({
  plugins: [{ name: 'demo-token', configureServer: answer, configurePreviewServer: answer }],
  // These find their workers and data beside themselves: bundled into one file they would not.
  optimizeDeps: { exclude: ['turntape', '@turntape/element', '@echogarden/espeak-ng-emscripten'] },
  worker: { format: 'es' },
  server: {
    port: 5173,
    strictPort: true,
    ...(server === undefined ? {} : { proxy: { '/v1': server } }),
  },
});
