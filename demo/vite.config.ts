import { defineConfig } from 'vite';
import { appShell } from './build/app-shell.ts';
import { demoServer } from './build/demo-server.ts';
import { engineForItsEffect } from './build/engine-for-its-effect.ts';

const { TURNTAPE_SERVER_URL: server, TURNTAPE_TOKEN: token = '', TURNTAPE_SWITCH_URL: serverSwitch } = process.env;
const proxy = server === undefined ? {} : { '/v1': server };

export default defineConfig({
  plugins: [
    demoServer({ server, token, serverSwitch }),
    appShell({ entry: 'service-worker', output: 'service-worker.js' }),
  ],
  // These find their workers and data beside themselves: bundled into one file they would not.
  optimizeDeps: { exclude: ['turntape', '@turntape/element', '@echogarden/espeak-ng-emscripten'] },
  worker: { format: 'es', plugins: () => [engineForItsEffect()] },
  build: {
    // The voice brings 24 MB, all from this site.
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      input: { index: 'index.html', 'service-worker': 'src/app-shell/service-worker.ts' },
      output: {
        entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: { port: 5173, strictPort: true, proxy },
  preview: { port: 5173, strictPort: true, proxy },
});
