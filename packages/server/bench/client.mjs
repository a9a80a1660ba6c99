// A client that costs little: it shares the processor with the server that is measured. Plain HTTP over kept-open lines, forms
// put together by hand.
import { Agent, request } from 'node:http';

const BOUNDARY = '----turntape-bench-0123456789';
/** The recorder's own limit for a request (`DEFAULT_TIMEOUT_MS` of its HTTP target is as long). */
const TIMEOUT_MS = 30_000;

/** Settles with status and `Retry-After` (undefined: none said); status `'no answer'` when the line broke or took too long. */
export function createClient(url, token, maxSockets = Infinity) {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets });
  const send = (method, path, type, body) =>
    new Promise((settle) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': type, 'content-length': body.length }),
      };
      const nothing = () => settle({ status: 'no answer' });
      const sent = request({ agent, hostname, port, path: `/v1/${path}`, method, headers }, (answer) => {
        const { statusCode: status, headers: heard } = answer;
        const after = heard['retry-after'];
        answer.resume();
        answer.once('end', () =>
          settle({ status, ...(after === undefined ? {} : { retryAfterMs: Number(after) * 1000 }) }),
        );
        answer.once('error', nothing);
      });
      sent.setTimeout(TIMEOUT_MS, () => sent.destroy());
      sent.once('error', nothing);
      sent.end(body);
    });
  return {
    get: (path) => send('GET', path),
    post: (path, facts) => send('POST', path, 'application/json', Buffer.from(JSON.stringify(facts))),
    postSegment(facts, audio) {
      const head = `${part('segment', 'application/json')}${JSON.stringify(facts)}\r\n${part('audio', 'audio/wav')}`;
      const body = Buffer.concat([Buffer.from(head), audio, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
      return send('POST', 'segments', `multipart/form-data; boundary=${BOUNDARY}`, body);
    },
    close: () => agent.destroy(),
  };
}

function part(name, type) {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`;
}
