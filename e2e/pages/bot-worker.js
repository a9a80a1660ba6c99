// A thread of the app that holds the bot's port: it says three things, has them cut, and goes on, whatever the page does.

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

self.addEventListener('message', ({ data }) => void run(data));

/** Each round: `items` of `{ utteranceId, turnId, samples, sampleRate }` are queued; after `cutMs` the user cuts in. */
async function run({ port, rounds, pauseMs }) {
  for (const { items, cutMs } of rounds) {
    for (const { utteranceId, turnId, samples, sampleRate } of items) {
      port.postMessage({ type: 'begin', utteranceId, turnId });
      port.postMessage({ type: 'pcm', utteranceId, samples, sampleRate });
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
