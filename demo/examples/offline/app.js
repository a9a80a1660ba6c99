import { createRecorder, httpTarget } from './turntape/index.js';

/** The page of an app that records with or without a network. `sw.js` is its other half. */

const element = (id) => document.getElementById(id);
const say = (text) => (element('state').textContent = text);

// The shell, for the next start without a network; and the one who delivers when this page is gone.
await navigator.serviceWorker.register('./sw.js', { type: 'module' });
await navigator.serviceWorker.ready;
// Asked, not awaited: a browser that says no may evict what is kept when space runs out.
void navigator.storage.persist();

const token = async () => (await fetch('/token')).text();
const headers = async () => ({ authorization: `Bearer ${await token()}` });
const recorder = await createRecorder({ target: httpTarget('/v1', { headers }), backgroundSync: true });
recorder.on('outbox', ({ pending }) => (element('waiting').textContent = String(pending)));
// What waits is shown above: a network that is not there is no failure here.
recorder.on('error', ({ error }) => error.code !== 'network' && say(`${error.code}: ${error.message}`));

let kept = 0;
async function start() {
  element('start').disabled = true;
  await recorder.grantConsent({ subject: 'visitor', textVersion: '1' });
  const session = await recorder.startSession();
  session.on('segment-kept', () => (element('kept').textContent = String((kept += 1))));
  element('stop').addEventListener('click', () => void stop(session), { once: true });
  element('stop').disabled = false;
  say('recording');
}

async function stop(session) {
  element('stop').disabled = true;
  await session.stop();
  element('start').disabled = false;
  say('stopped');
}

element('start').addEventListener('click', () => void start());
element('start').disabled = false;
say('ready');
