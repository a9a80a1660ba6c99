// Watches every port of the audio thread, from before our worklets are there: how many messages carry samples, in or out.
const seen = { messages: 0, withSamples: 0 };
const count = (message) => {
  seen.messages += 1;
  if (message && typeof message === 'object' && Object.values(message).some((value) => ArrayBuffer.isView(value)))
    seen.withSamples += 1;
};
// oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
const { postMessage } = MessagePort.prototype;
MessagePort.prototype.postMessage = function (message, ...rest) {
  if (this !== reporter) count(message);
  return postMessage.call(this, message, ...rest);
};
// oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
const { addEventListener } = EventTarget.prototype;
EventTarget.prototype.addEventListener = function (type, listener, ...rest) {
  if (this instanceof MessagePort && type === 'message')
    addEventListener.call(this, type, (event) => count(event.data), ...rest);
  return addEventListener.call(this, type, listener, ...rest);
};

let reporter;
registerProcessor(
  'port-watch',
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      reporter = this.port;
    }

    process() {
      this.port.postMessage({ ...seen });
      return true;
    }
  },
);
