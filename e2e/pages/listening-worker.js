// Another thread at the end of a port: writes down what comes and when, by the wall clock.
const heard = [];
self.addEventListener('message', ({ data }) => {
  if (!data.port) {
    self.postMessage(heard);
    return;
  }
  data.port.addEventListener('message', (event) => heard.push({ message: event.data, atMs: Date.now() }));
  data.port.start();
});
