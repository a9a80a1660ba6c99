import type { BrowserContext, Page } from '@playwright/test';

/** A step that has not settled by then will not: each takes well under a second where the machine has time for it. */
const STEP_MS = 30_000;
/** Of a page that cannot even say that: it stands still, or is gone. */
const SILENCE_MS = 45_000;

declare global {
  interface Window {
    stepBegins(name: string): Promise<void>;
    /** Says which step this is, waits for it, and fails by its name when it does not settle. */
    step: <T>(this: void, name: string, work: Promise<T>) => Promise<T>;
  }
}

interface Step {
  name: string;
  /** Of this process, in milliseconds. */
  at: number;
}

const steps = new WeakMap<Page, Step[]>();

/** Gives every page of a browser `window.step()`. Before the pages are opened. */
export async function teachSteps(context: BrowserContext): Promise<void> {
  await context.exposeBinding('stepBegins', ({ page }, name: string) => {
    steps.get(page)?.push({ name, at: performance.now() });
  });
  await context.addInitScript((limitMs) => {
    window.step = async (name, work) => {
      void window.stepBegins(name);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`did not settle within ${limitMs} ms`)), limitMs);
      });
      try {
        return await Promise.race([work, late]);
      } catch (thrown) {
        throw new Error(`${name}: ${String(thrown)}`, { cause: thrown });
      } finally {
        clearTimeout(timer);
      }
    };
  }, STEP_MS);
}

/** Does something in a page that says its steps. A failure names the step, and how long each one before it took. */
export async function inSteps<T>(page: Page, work: () => Promise<T>): Promise<T> {
  const taken: Step[] = [];
  steps.set(page, taken);
  let watch: NodeJS.Timeout | undefined;
  const begun = performance.now();
  const silent = new Promise<never>((_, reject) => {
    watch = setInterval(() => {
      if (performance.now() - (taken.at(-1)?.at ?? begun) > SILENCE_MS)
        reject(new Error(`the page has said nothing for ${SILENCE_MS} ms`));
    }, 1000);
  });
  try {
    return await Promise.race([work(), silent]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${reason}\nsteps: ${told(taken)}`, { cause });
  } finally {
    clearInterval(watch);
  }
}

function told(taken: readonly Step[]): string {
  const end = performance.now();
  return taken.map(({ name, at }, index) => `${name} ${Math.round((taken[index + 1]?.at ?? end) - at)} ms`).join(', ');
}
