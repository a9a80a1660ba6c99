import { type Browser, type CDPSession, chromium } from '@playwright/test';
import { chromiumPath } from '../../scripts/browser.mjs';
import type { Scripted } from './ruler-session.ts';

/** A tab that only the protocol knows. */
export interface RawTab extends Scripted {
  /** A command of the protocol. */
  send(method: string, parameters?: Record<string, unknown>): Promise<unknown>;
}

/**
 * Tabs behind Playwright's back. It emulates focus for each page that it knows, and such a page never is hidden; a tab of
 * a context that it does not know is hidden as soon as another one is opened in its window.
 */
export interface RawTabs {
  open(url: string): Promise<RawTab>;
  close(): Promise<void>;
}

export async function launchRawTabs(): Promise<RawTabs> {
  if (chromiumPath === undefined) throw new Error('No Chromium was found: see scripts/browser.mjs.');
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
  });
  const cdp = await browser.newBrowserCDPSession();
  const { browserContextId } = await cdp.send('Target.createBrowserContext');
  return {
    open: (url) => openTab(cdp, browserContextId, url),
    close: () => closeAll(browser),
  };
}

async function closeAll(browser: Browser): Promise<void> {
  await browser.close();
}

async function openTab(cdp: CDPSession, browserContextId: string, url: string): Promise<RawTab> {
  const { targetId } = await cdp.send('Target.createTarget', { url: 'about:blank', browserContextId });
  const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: false });
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let ids = 0;
  cdp.on('Target.receivedMessageFromTarget', ({ sessionId: from, message }) => {
    if (from !== sessionId) return;
    const { id, result, error } = JSON.parse(message) as { id?: number; result?: unknown; error?: { message: string } };
    const asked = waiting.get(id ?? -1);
    if (error) asked?.reject(new Error(error.message));
    else asked?.resolve(result);
  });
  const send = async (method: string, params: Record<string, unknown> = {}): Promise<unknown> => {
    const id = (ids += 1);
    const answer = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
    await cdp.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) });
    return answer;
  };
  // Answered when the new document is there: what is evaluated before that is lost with the old one.
  await send('Page.navigate', { url });
  return {
    send,
    async evaluate(work, argument) {
      const expression = `(${work.toString()})(${argument === undefined ? '' : JSON.stringify(argument)})`;
      const asked = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = (await send('Runtime.evaluate', asked)) as {
        result: { value: never };
        exceptionDetails?: { exception?: { description?: string }; text: string };
      };
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    },
  };
}
