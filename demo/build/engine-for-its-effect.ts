import type { Plugin } from 'vite';

/** The package says that none of its files has an effect, which holds for what is imported; the engine is there for nothing else. */
export function engineForItsEffect(): Plugin {
  return {
    name: 'engine-for-its-effect',
    transform: {
      filter: { id: /engine\.worker\.js$/ },
      handler: (code) => ({ code, map: null, moduleSideEffects: true }),
    },
  };
}
