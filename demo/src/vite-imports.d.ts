declare module '*?worker&url' {
  const address: string;
  export default address;
}

declare module 'turntape/assets/engine.worker.js';

interface ImportMeta {
  readonly env: { readonly PROD: boolean };
}
