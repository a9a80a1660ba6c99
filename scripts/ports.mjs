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

/** A port that nobody uses now. */
export async function freePort() {
  const server = await listen(0, '127.0.0.1');
  const address = server.address();
  await close(server);
  if (address === null || typeof address === 'string') throw new Error('This machine gave out no port.');
  return address.port;
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
