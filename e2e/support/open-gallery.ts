import { createServer } from 'vite';
import { ROOT } from '../../scripts/run.mjs';

/** A page on which every state of both elements can be put, one at a time: `window.gallery`. */
export interface Gallery {
  url: string;
  close(): Promise<void>;
}

declare global {
  interface Window {
    gallery: {
      states: Record<'recorder' | 'player', { name: string; says: string }[]>;
      /** Takes the last state away and shows this one. */
      show(kind: 'recorder' | 'player', name: string): Promise<void>;
    };
  }
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="data:," />
    <style>
      body { margin: 0; padding: 12px; background: light-dark(#f6f6f3, #101114); }
    </style>
    <script type="module" src="/@id/__x00__gallery"></script>
  </head>
  <body><div id="stage"></div></body>
</html>`;

/** The tables of states are the elements' own; the page only puts them on the screen. */
const SCRIPT = `
import '/packages/element/src/define.ts';
import '/packages/element/src/player/index.ts';
import { ELEMENT_STATES } from '/packages/element/src/testing/states.ts';
import { PLAYER_STATES } from '/packages/element/src/player/testing/states.ts';

const tables = { recorder: ELEMENT_STATES, player: PLAYER_STATES };
const facts = (table) => table.map(({ name, says }) => ({ name, says }));
let shown;
window.gallery = {
  states: { recorder: facts(ELEMENT_STATES), player: facts(PLAYER_STATES) },
  async show(kind, name) {
    shown?.leave();
    shown = await tables[kind].find((state) => state.name === name).show(document.querySelector('#stage'));
  },
};
`;

/** Serves the sources as they are: nothing is built. */
export async function openGallery(): Promise<Gallery> {
  const server = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    cacheDir: 'e2e/test-results/vite',
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: [] },
    plugins: [
      {
        name: 'gallery',
        resolveId: (id) => (id === '\0gallery' ? id : undefined),
        load: (id) => (id === '\0gallery' ? SCRIPT : undefined),
        configureServer({ middlewares }) {
          middlewares.use('/gallery', (_request, response) =>
            response.setHeader('content-type', 'text/html').end(PAGE),
          );
        },
      },
    ],
  });
  await server.listen();
  const [url = ''] = server.resolvedUrls?.local ?? [];
  return { url: `${url}gallery`, close: () => server.close() };
}
