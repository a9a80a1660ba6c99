// A thread of the app that holds the bot's port: it says things, has them cut, and goes on, whatever the page does.

/** Of what is given at once: as a speech service sends it. */
const PIECE_MS = 100;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let port;

/** First the port, then rounds, as often as wanted; each time it says when they are over. */
self.addEventListener('message', ({ data }) => {
  if (data.port) port = data.port;
  else void run(data);
});

/** Each round: `items` of `{ utteranceId, turnId, samples, sampleRate }` are queued; after `cutMs` the user cuts in. */
async function run({ rounds, pauseMs }) {
  for (const { items, cutMs } of rounds) {
    for (const { utteranceId, turnId, samples, sampleRate } of items) {
      port.postMessage({ type: 'begin', utteranceId, turnId });
      const piece = (sampleRate / 1000) * PIECE_MS;
      for (let at = 0; at < samples.length; at += piece)
        port.postMessage({ type: 'pcm', utteranceId, samples: samples.slice(at, at + piece), sampleRate });
      port.postMessage({ type: 'end', utteranceId });
    }
    await sleep(cutMs);
    port.postMessage({ type: 'server-vad', speech: true });
    // Some more of what was cut: counted, never played.
    for (const { utteranceId, sampleRate } of items)
      port.postMessage({ type: 'pcm', utteranceId, samples: new Int16Array(sampleRate / 100).fill(8000), sampleRate });
    await sleep(pauseMs);
    port.postMessage({ type: 'server-vad', speech: false });
  }
  self.postMessage('done');
}
