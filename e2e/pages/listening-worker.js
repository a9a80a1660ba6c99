// Another thread at the end of ports: writes down what comes and when, by the wall clock. The frames of a tee are answered.
const heard = [];
const frames = [];
self.addEventListener('message', ({ data }) => {
  if (!data.port) {
    self.postMessage({ heard, frames });
    return;
  }
  data.port.addEventListener('message', (event) => heard.push({ message: event.data, atMs: Date.now() }));
  data.port.start();
  data.tee?.addEventListener('message', ({ data: { type, samples, fromMs, lostMs } }) => {
    if (type !== 'frame') return;
    data.tee.postMessage({ type: 'taken' });
    frames.push({ fromMs, lostMs, atMs: Date.now(), samples: samples.length, peak: Math.max(...samples) });
  });
  data.tee?.start();
});
