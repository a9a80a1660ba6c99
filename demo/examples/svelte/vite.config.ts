import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte()],
  // They find their worker and worklets beside themselves: bundled into one file for `vite dev` they would not.
  optimizeDeps: { exclude: ['turntape', '@turntape/element'] },
});
