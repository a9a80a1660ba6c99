import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * A switch for the demo's server, on a port of this machine: `GET /` says whether it is up, `POST /kill` ends it as a power cut
 * would, `POST /start` starts it again. For the demo alone: it asks for the token that only the demo's page server has.
 *
 * @param {{ token: string, kill: () => Promise<void>, start: () => Promise<void>, isUp: () => Promise<boolean> }} options
 * @returns {Promise<{ url: string, close: () => void }>} `url` without a slash at the end
 */
export async function openServerSwitch({ token, kill, start, isUp }) {
  /** @type {Record<string, () => Promise<void>>} */
  const actions = { 'POST /kill': kill, 'POST /start': start, 'GET /': async () => {} };
  let busy = Promise.resolve();
  /** @param {string} path @returns {Promise<string>} */
  const act = async (path) => {
    const action = actions[path];
    // What is so already is not done again.
    if (path !== 'GET /' && (await isUp()) === (action === kill)) await action?.();
    return JSON.stringify({ up: await isUp() });
  };
  const door = createServer((request, response) => {
    const path = `${request.method} ${request.url}`;
    const given = Buffer.from(request.headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${token}`);
    const isKnown = given.length === wanted.length && timingSafeEqual(given, wanted);
    if (!isKnown || !(path in actions)) {
      response.writeHead(isKnown ? 404 : 401).end();
      return;
    }
    const answer = async () => {
      const body = await act(path);
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    };
    // One after the other: two presses of a button are not two servers.
    busy = busy.then(answer).catch((/** @type {unknown} */ error) => void response.writeHead(500).end(String(error)));
  });
  await new Promise((listening) => door.listen(0, '127.0.0.1', () => listening(undefined)));
  const address = door.address();
  if (address === null || typeof address === 'string') throw new Error('The switch of the server has no port.');
  return { url: `http://127.0.0.1:${address.port}`, close: () => void door.close() };
}
