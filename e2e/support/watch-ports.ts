import type { Page } from '@playwright/test';

/** Messages on the audio threads' ports: all of them, and those that carry samples. */
export interface PortTraffic {
  messages: number;
  withSamples: number;
}

/** From now on the ports of every context's audio thread are watched; the returned function gives what went over them. */
export async function watchPorts(page: Page): Promise<() => Promise<PortTraffic>> {
  await page.evaluate(() => {
    const ofContexts: PortTraffic[] = [];
    Object.assign(window, { ofContexts });
    // oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
    const { addModule } = AudioWorklet.prototype;
    const watched = new WeakMap<AudioWorklet, Promise<void>>();
    const Context = AudioContext;
    const watch = async (context: AudioContext, traffic: PortTraffic): Promise<void> => {
      // Before any module of ours.
      await addModule.call(context.audioWorklet, './port-watch.worklet.js');
      const { port } = new AudioWorkletNode(context, 'port-watch');
      port.addEventListener('message', ({ data }) => Object.assign(traffic, data));
      port.start();
    };
    window.AudioContext = class extends Context {
      constructor(options?: AudioContextOptions) {
        super(options);
        const traffic: PortTraffic = { messages: 0, withSamples: 0 };
        ofContexts.push(traffic);
        // Before any module of ours.
        watched.set(this.audioWorklet, watch(this, traffic));
      }
    };
    AudioWorklet.prototype.addModule = async function (url, options) {
      await watched.get(this);
      return addModule.call(this, url, options);
    };
  });
  return () =>
    page.evaluate(() => {
      const { ofContexts } = window as unknown as { ofContexts: PortTraffic[] };
      return ofContexts.reduce((sum, each) => ({
        messages: sum.messages + each.messages,
        withSamples: sum.withSamples + each.withSamples,
      }));
    });
}
