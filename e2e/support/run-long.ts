import type { Page } from '@playwright/test';

declare global {
  interface Window {
    /** What `runLong` has begun. */
    longScript: Promise<unknown>;
  }
}

const OVER = 'the long script is over';

/**
 * Runs a script that takes long in the page. No command waits for it: Firefox's remote agent may lose the answer of one whose
 * page stands still meanwhile (see docs/decisions/0014-firefox.md). The page says on its console when it is done.
 */
export async function runLong<Argument, Result>(
  page: Page,
  script: (argument: Argument) => Promise<Result>,
  argument: Argument,
): Promise<Result> {
  const over = page.waitForEvent('console', { predicate: (message) => message.text() === OVER, timeout: 0 });
  const [started] = await Promise.all([
    page.evaluate(`{
      const say = () => console.debug(${JSON.stringify(OVER)});
      window.longScript = (${script.toString()})(${JSON.stringify(argument)});
      window.longScript.then(say, say);
      true;
    }`),
    over,
  ]);
  if (started !== true) throw new Error('the script was not begun');
  return page.evaluate(() => window.longScript as Promise<Result>);
}
