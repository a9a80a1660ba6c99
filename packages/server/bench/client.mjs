// A client that costs little: it shares the processor with the server that is measured. Plain HTTP over kept-open lines, forms
// put together by hand.
import { Agent, request } from 'node:http';

const BOUNDARY = '----turntape-bench-0123456789';

/** Answers with the status; `'no answer'` when the line broke. */
export function createClient(url, token, maxSockets = Infinity) {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets });
  const send = (method, path, type, body) =>
    new Promise((settle) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': type, 'content-length': body.length }),
      };
      const sent = request({ agent, hostname, port, path: `/v1/${path}`, method, headers }, (answer) => {
        answer.resume();
        answer.once('end', () => settle(answer.statusCode));
        answer.once('error', () => settle('no answer'));
      });
      sent.once('error', () => settle('no answer'));
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
