import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildPackages } from './build.mjs';
import { Parts } from './parts.mjs';
import { freePort, isFree } from './ports.mjs';
import { findProgram, localProgram, ROOT, run } from './run.mjs';
import { openServerSwitch } from './server-switch.mjs';

/**
 * `npx -y pnpm@12 start`: the demo and its server on this machine, with nothing else to set up.
 */

/** Where the demo answers. Another one: `PORT=5174 npx -y pnpm@12 start`. */
const DEMO_PORT = Number(process.env.PORT ?? 5173);
/** The first start of the embedded database takes some seconds, on a slow machine many. */
const READY_WITHIN_MS = 120_000;
/** What opens a page, by system; elsewhere `xdg-open`. @type {Record<string, string[]>} */
const OPENERS = { darwin: ['open'], win32: ['cmd', '/c', 'start'] };
const DATA = process.env.TURNTAPE_DEMO_DATA ?? join(ROOT, 'data');

const say = (/** @type {string} */ line) => console.log(line);

say('Turntape demo: a voice conversation in your browser, recorded turn by turn.');
say('Your system stays as it is: the npm packages were installed into node_modules (by pnpm, from the lock file).');
say('This starts a small server (its database and files go to ./data) and the demo page. Nothing leaves this machine.');

if (!Number.isInteger(DEMO_PORT) || DEMO_PORT < 1 || DEMO_PORT > 65535) {
  say(`PORT must be a whole number from 1 to 65535, not "${process.env.PORT}".`);
  process.exit(1);
}
if (!(await isFree(DEMO_PORT))) {
  say(`Port ${DEMO_PORT} is taken by another program, perhaps by an earlier start of this demo.`);
  say(`Stop that one, or choose another port:  PORT=${DEMO_PORT + 1} npx -y pnpm@12 start`);
  process.exit(1);
}
if (!(await buildPackages(say))) process.exit(1);
say('Building the demo page.');
const page = await run([localProgram('vite'), 'build', '--logLevel', 'warn'], { cwd: join(ROOT, 'demo'), quiet: true });
if (page.code !== 0) {
  say(`${page.output.trimEnd()}\nThe demo page was not built (exit code ${page.code}).`);
  process.exit(1);
}

const parts = new Parts(({ name, lines }) => {
  say(`The ${name} stopped by itself. The last it said:\n${lines.join('\n')}`);
  void stop(1);
});
process.on('SIGINT', () => void stop(0)).on('SIGTERM', () => void stop(0));

const token = randomBytes(32).toString('base64url');
const serverPort = await freePort();
const serverUrl = `http://127.0.0.1:${serverPort}`;
const demoUrl = `http://localhost:${DEMO_PORT}/`;
const server = join(ROOT, 'packages', 'server', 'dist', 'cli.js');
const startServer = () =>
  parts.start('server', [process.execPath, server, '--data', DATA, '--port', `${serverPort}`], {
    // Not as an argument: every user of the machine can read those.
    // What a shell may have set for another program is not for the demo.
    env: { TURNTAPE_TOKEN: token, TURNTAPE_SECRET: '', DATABASE_URL: '', STORAGE: '', NODE_ENV: 'development' },
  });
startServer();
// For the demo's switch: anyone may watch what a server that is killed loses.
const serverSwitch = await openServerSwitch({
  token,
  kill: () => parts.kill('server'),
  start: async () => startServer(),
  isUp: async () => (await fetch(`${serverUrl}/v1/config`).catch(() => undefined)) !== undefined,
});
parts.start('demo', [localProgram('vite'), 'preview', '--port', `${DEMO_PORT}`, '--strictPort'], {
  cwd: join(ROOT, 'demo'),
  env: { TURNTAPE_SERVER_URL: serverUrl, TURNTAPE_TOKEN: token, TURNTAPE_SWITCH_URL: serverSwitch.url },
});

const answered = await Promise.all([answers(`${serverUrl}/v1/config`), answers(demoUrl)]);
if (answered.includes(false)) {
  say(`The ${answered[0] ? 'demo' : 'server'} did not answer within ${READY_WITHIN_MS / 1000} s.`);
  await stop(1);
}
say(`
  Turntape is ready:   ${demoUrl}
  Recordings go to:    ./data
  Stop with:           Ctrl-C
`);
openBrowser(demoUrl);

/**
 * Waits until an address answers, whatever it says.
 *
 * @param {string} url
 */
async function answers(url) {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return true;
    await delay(100);
  }
  return false;
}

/** @param {number} code */
async function stop(code) {
  say('Stopping.');
  serverSwitch.close();
  await parts.stop();
  process.exit(code);
}

/**
 * Opens the page where there is somebody to see it.
 *
 * @param {string} url
 */
function openBrowser(url) {
  const { CI, SSH_CONNECTION, BROWSER, DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (CI || SSH_CONNECTION || BROWSER === 'none') return;
  const screen = process.platform !== 'linux' || DISPLAY || WAYLAND_DISPLAY;
  const opener = OPENERS[process.platform] ?? ['xdg-open'];
  const [program = '', ...args] = opener;
  if (!screen || !(process.platform === 'win32' || findProgram(program))) return;
  spawn(program, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => say(`Open ${url} in your browser.`))
    .unref();
}
