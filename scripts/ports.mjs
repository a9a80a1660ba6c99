import { createServer } from 'node:net';

/**
 * Whether nobody listens on a port of this machine. Both families are tried: a program may hold only one.
 *
 * @param {number} port
 */
export async function isFree(port) {
  for (const host of ['127.0.0.1', '::1']) {
    const taken = await listen(port, host).then(close, (error) => error.code === 'EADDRINUSE');
    if (taken) return false;
  }
  return true;
}

/** The ports that are tried: below those that systems give out, for any listener or connection may have one of these by the time it is used. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/** A port that nobody uses now, nor by chance a moment later. */
export async function freePort() {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
}

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<import('node:net').Server>}
 */
function listen(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/**
 * @param {import('node:net').Server} server
 * @returns {Promise<false>}
 */
function close(server) {
  return new Promise((resolve) => server.close(() => resolve(false)));
}
