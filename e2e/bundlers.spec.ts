import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { test } from '@playwright/test';
import {
  expectOneTurn,
  expectOneTurnUnderPolicy,
  newApp,
  packAll,
  pageWith,
  type Packed,
} from './support/packed-app.ts';
import { runOrThrow } from './support/tool.ts';

/**
 * What the guide says of bundlers, with the packages as they would be published: worker, worklets, WASM and models are
 * found with no setting, or with the one that the guide names. Minutes of installing: by hand. Vite built: `packed.spec.ts`.
 */

test.describe.configure({ timeout: 600_000 });

/** Asked for by every browser. */
const ICON = { 'public/favicon.ico': '' };

let packed: Packed;

test.beforeAll(async () => {
  packed = await packAll();
});

test.afterAll(() => packed[Symbol.asyncDispose]());

/** Starts a server of the app's own, and gives what it is told the address of. It is gone when `use` has ended. */
async function withServer(app: string, command: readonly string[], use: (url: string) => Promise<void>): Promise<void> {
  const [program = '', ...args] = command;
  const server = spawn(program, args, { cwd: app, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const exit = once(server, 'exit');
  try {
    for await (const line of createInterface(server.stdout)) {
      // eslint-disable-next-line no-control-regex -- the colours of a terminal
      const url = /http:\/\/localhost:\d+/.exec(line.replaceAll(/\u001b\[\d+m/g, ''))?.[0];
      if (url === undefined) continue;
      await use(url);
      return;
    }
    throw new Error(`${command.join(' ')} never said where it listens`);
  } finally {
    if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid);
    await exit;
  }
}

test(
  '[PACK-9] a Vite dev server, which bundles what it finds in node_modules beforehand, serves every asset',
  { tag: '@long' },
  async () => {
    const app = await newApp(packed, 'vite-dev', { ...pageWith('vite-app.js'), ...ICON }, [
      packed.sdk,
      packed.element,
      'vite@8.3.8',
    ]);
    await withServer(app, ['npx', 'vite', '--port', '0', '--host', 'localhost'], expectOneTurn);
  },
);

test('[PACK-10] webpack 5 with no configuration but its entry, under a strict policy', { tag: '@long' }, async () => {
  const config = `export default { mode: 'production', entry: './main.js', output: { clean: false, filename: 'main.js' } };`;
  const files = { ...pageWith('vite-app.js'), 'webpack.config.js': config };
  const packages = [packed.sdk, packed.element, 'webpack@5.112.2', 'webpack-cli@7.3.1'];
  const app = await newApp(packed, 'webpack', files, packages);
  await runOrThrow(['npx', 'webpack'], { cwd: app });
  await runOrThrow(['cp', 'index.html', 'dist/'], { cwd: app });
  await expectOneTurnUnderPolicy(join(app, 'dist'));
});

test(
  '[PACK-11] esbuild, which leaves assets alone, with those that the package copied and one setting',
  { tag: '@long' },
  async () => {
    const main = `
    import { createRecorder } from 'turntape';
    import { recordOneTurn } from './record-one-turn.js';
    window.recordOneTurn = () => recordOneTurn((options) => createRecorder({ ...options, assetBase: '/turntape/' }));`;
    const files = { ...pageWith('vite-app.js'), 'main.js': main };
    const app = await newApp(packed, 'esbuild', files, [packed.sdk, packed.element, 'esbuild@0.28.2']);
    for (const format of ['esm', 'iife']) {
      const out = join('out', format);
      await runOrThrow(['npx', 'esbuild', 'main.js', '--bundle', `--format=${format}`, `--outfile=${out}/main.js`], {
        cwd: app,
      });
      await runOrThrow(['npx', 'turntape', 'copy-assets', join(out, 'turntape')], { cwd: app });
      await runOrThrow(['cp', 'index.html', out], { cwd: app });
      await expectOneTurnUnderPolicy(join(app, out));
    }
  },
);

const NEXT = {
  'app/layout.jsx': `export default ({ children }) => <html lang="en"><body>{children}</body></html>;`,
  // Imported where it is rendered on the server, too.
  'app/page.jsx': `'use client';
    import '@turntape/element/define';
    import { useEffect } from 'react';
    import { createRecorder } from 'turntape';
    import { recordOneTurn } from '../record-one-turn.js';
    export default function Page() {
      useEffect(() => { window.recordOneTurn = () => recordOneTurn(createRecorder); }, []);
      return <turn-tape></turn-tape>;
    }`,
  'record-one-turn.js': { from: 'record-one-turn.js' },
  ...ICON,
};

for (const bundler of ['turbopack', 'webpack']) {
  test(
    `[PACK-12] a Next app built with ${bundler}, which renders the element on the server first`,
    { tag: '@long' },
    async () => {
      const packages = [packed.sdk, packed.element, 'next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1'];
      const app = await newApp(packed, `next-${bundler}`, NEXT, packages);
      await runOrThrow(['npx', 'next', 'build', `--${bundler}`], { cwd: app });
      await withServer(app, ['npx', 'next', 'start', '--port', '0'], expectOneTurn);
    },
  );
}
