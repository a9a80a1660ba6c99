import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

export default defineConfig({
  // Names that begin so are elements of the browser, not components.
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith('turn-tape') } } })],
  // They find their worker and worklets beside themselves: bundled into one file for `vite dev` they would not.
  optimizeDeps: { exclude: ['turntape', '@turntape/element'] },
});
