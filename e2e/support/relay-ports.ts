import type { Page } from '@playwright/test';

/**
 * From now on every MessageChannel that the page makes leads through the page, as all ports of workers do in WebKit: a
 * page that stands still passes nothing on.
 */
export async function relayPorts(page: Page): Promise<void> {
  await page.evaluate(() => {
    const Channel = MessageChannel;
    // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
    const pass = (from: MessagePort, to: MessagePort): void => {
      from.addEventListener('message', ({ data }) => to.postMessage(data));
      from.start();
    };
    window.MessageChannel = class {
      readonly port1: MessagePort;
      readonly port2: MessagePort;

      constructor() {
        const near = new Channel();
        const far = new Channel();
        pass(near.port2, far.port1);
        pass(far.port1, near.port2);
        this.port1 = near.port1;
        this.port2 = far.port2;
      }
    };
  });
}
