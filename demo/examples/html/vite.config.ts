import { defineConfig } from 'vite';

export default defineConfig({
  // They find their worker and worklets beside themselves: bundled into one file for `vite dev` they would not.
  optimizeDeps: { exclude: ['turntape', '@turntape/element'] },
});
