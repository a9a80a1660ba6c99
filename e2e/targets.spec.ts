import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type BrowserContext, type Download, type Page, expect, test } from '@playwright/test';
import type * as FileEntry from 'turntape/file';
import type * as TestingEntry from 'turntape/testing';
import type * as TicketEntry from 'turntape/ticket';
import type * as TusEntry from 'turntape/tus';
import { type FaultProxy, type LineFault, startFaultProxy } from './support/fault-proxy.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { collectTroubles } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { startServer } from './support/start-server.ts';
import { type UploadBackend, startUploadBackend } from './support/upload-backend.ts';

declare global {
  interface Window {
    /** The package's further entries, put there by `pages/targets.html`. */
    entries: {
      file: typeof FileEntry;
      testing: typeof TestingEntry;
      ticket: typeof TicketEntry;
      tus: typeof TusEntry;
    };
  }
}

type Result = TestingEntry.ConformanceResult;
type Stored = (segmentId: string) => Promise<TestingEntry.StoredFile | undefined>;

let context: BrowserContext;
let page: Page;
let site: Awaited<ReturnType<typeof openSite>>;
let proxy: FaultProxy | undefined;

test.beforeAll(async () => {
  site = await openSite();
  context = await launchBrowser({ microphone: 'absent' });
});

test.beforeEach(async () => {
  page = await context.newPage();
});

test.afterEach(async () => {
  await page.close();
  await proxy?.close();
  proxy = undefined;
});

test.afterAll(async () => {
  await context.close();
  await site.close();
});

const LINE_FAULTS: Record<TestingEntry.TargetFault, LineFault> = {
  none: 'none',
  unreachable: 'unreachable',
  'lost-answer': 'lost-answer',
  unauthorized: { status: 401 },
  busy: { status: 503, headers: { 'retry-after': '7' } },
  broken: { status: 500 },
  'too-large': { status: 413, body: { error: { code: 'too_large', message: 'too large' } } },
};

/** Opens the page on one origin with a backend whose line the page can break. */
async function openOn(api: string, stored: Stored): Promise<void> {
  let fault: TestingEntry.TargetFault = 'none';
  proxy = await startFaultProxy({
    api,
    site: site.url,
    decide: () => LINE_FAULTS[fault],
    control: (path, body) => {
      if (path !== 'fault') return stored(path.replace('stored/', ''));
      fault = body as TestingEntry.TargetFault;
      return undefined;
    },
  });
  await page.goto(`${proxy.url}/targets.html`);
  await page.waitForFunction(() => 'entries' in window);
}

/** Runs the suite in the page. */
function runSuite(kind: 'http' | 'ticket' | 'tus' | 'directory', token: string): Promise<Result[]> {
  return page.evaluate(
    async ([which, bearer]) => {
      const { file, testing, ticket, tus } = window.entries;
      const options = { headers: () => ({ authorization: `Bearer ${bearer}` }), timeoutMs: 10_000 };
      return testing.runTargetConformance({
        createTarget: async () => {
          if (which === 'http') return window.turntape.httpTarget('/v1', options);
          if (which === 'ticket') return ticket.ticketTarget('/v1', options);
          if (which === 'tus') return tus.tusTarget('/v1', { ...options, thresholdBytes: 0, chunkBytes: 256 * 1024 });
          return file.fileTarget({ directory: await navigator.storage.getDirectory() });
        },
        ...(which !== 'directory' && {
          fault: async (fault) => void (await fetch('/control/fault', { method: 'POST', body: fault })),
          stored: async (segmentId) => {
            const answer = (await (await fetch(`/control/stored/${segmentId}`)).json()) as { sha256: string } | null;
            return (answer ?? undefined) as TestingEntry.StoredFile | undefined;
          },
        }),
      });
    },
    [kind, token] as const,
  );
}

/** Every case passed but those that cannot be tried. */
function expectAllPassed(results: Result[], notRun: number): void {
  expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(results.filter(({ outcome }) => outcome === 'not-run')).toHaveLength(notRun);
  expect(results.length).toBeGreaterThanOrEqual(20);
}

const storedBy =
  (backend: UploadBackend): Stored =>
  async (segmentId) =>
    backend.stored.get(segmentId);

/** Sends one segment by ticket: what became of it, and the wait that was asked for. */
function sendByTicket(): Promise<string> {
  return page.evaluate(async () => {
    const { ticket, testing } = window.entries;
    const target = ticket.ticketTarget('/v1', { headers: () => ({ authorization: 'Bearer good' }) });
    const [first] = testing.targetConformance({ createTarget: () => target });
    return (first?.run() ?? Promise.reject(new Error('no case'))).then(
      () => 'stored',
      (error: { code: string; cause?: { retryAfterMs?: number } }) => `${error.code} ${error.cause?.retryAfterMs}`,
    );
  });
}

test('[TARGET-1] httpTarget against the reference server passes the conformance suite', async () => {
  await using server = await startServer();
  const headers = { authorization: `Bearer ${server.token}` };
  await openOn(server.url, async (segmentId) => {
    const answer = await fetch(`${server.url}/v1/segments/${segmentId}/audio`, { headers });
    if (!answer.ok) return undefined;
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { sha256: createHash('sha256').update(bytes).digest('hex'), byteSize: bytes.length };
  });
  expectAllPassed(await runSuite('http', server.token), 0);
});

test('[TICKET-1] ticketTarget against a presigned store passes the conformance suite; our token never goes to the store', async () => {
  const backend = await startUploadBackend();
  await openOn(backend.url, storedBy(backend));
  expectAllPassed(await runSuite('ticket', 'good'), 0);
  expect(backend.puts.length).toBeGreaterThan(10);
  expect(backend.puts.filter(({ hasToken }) => hasToken)).toEqual([]);
  await backend.close();
});

test('[TICKET-2] a PUT that fails, or leaves other bytes, asks for a new ticket; a store that asks for time is given it', async () => {
  const backend = await startUploadBackend();
  await openOn(backend.url, storedBy(backend));
  for (const next of ['expired', 'other-bytes'] as const) {
    backend.nextPut = next;
    backend.puts.length = 0;
    expect(await sendByTicket()).toBe('stored');
    expect(backend.puts.map(({ status }) => status)).toEqual(next === 'expired' ? [403, 200] : [200, 200]);
    expect(new Set(backend.puts.map(({ key }) => key)).size).toBe(2);
  }
  backend.nextPut = 'busy';
  backend.puts.length = 0;
  expect(await sendByTicket()).toBe('server_error 3000');
  expect(backend.puts).toHaveLength(1);
  await backend.close();
});

test('[TUS-1] tusTarget against a real tus server passes the conformance suite', async () => {
  const backend = await startUploadBackend();
  await openOn(backend.url, storedBy(backend));
  expectAllPassed(await runSuite('tus', 'good'), 0);
  expect(backend.tus.filter((line) => line === 'PATCH 204').length).toBeGreaterThan(10);
  await backend.close();
});

test('[TUS-2] an upload that breaks goes on where it was, by another target too', async () => {
  const backend = await startUploadBackend();
  // Until the page says otherwise: a browser tries again by itself when a line that was kept open breaks.
  let isHealed = false;
  proxy = await startFaultProxy({
    api: backend.url,
    site: site.url,
    decide: ({ method }) => {
      const arrived = backend.tus.filter((line) => line === 'PATCH 204').length;
      return method === 'PATCH' && arrived >= 5 && !isHealed ? 'unreachable' : 'none';
    },
    control: () => (isHealed = true),
  });
  await page.goto(`${proxy.url}/targets.html`);
  await page.waitForFunction(() => 'entries' in window);
  const reasons = await page.evaluate(async () => {
    const { testing, tus } = window.entries;
    const options = {
      headers: () => ({ authorization: 'Bearer good' }),
      thresholdBytes: 0,
      chunkBytes: 64 * 1024,
    };
    const failures: unknown[] = [];
    const largest = testing
      .targetConformance({
        createTarget: () => ({
          send: async (...call) => {
            try {
              return await tus.tusTarget('/v1', options).send(...call);
            } catch (thrown) {
              failures.push((thrown as { code: string }).code);
              await fetch('/control/heal');
              return tus.tusTarget('/v1', options).send(...call);
            }
          },
        }),
      })
      .find(({ name }) => name.includes('largest'));
    await largest?.run();
    return failures;
  });
  expect(reasons).toEqual(['network']);
  // 1 MiB in pieces of 64 KiB: each piece once, and one upload made.
  expect(backend.tus.filter((line) => line.startsWith('PATCH'))).toHaveLength(16);
  expect(backend.tus.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  expect(backend.tus.filter((line) => line.startsWith('HEAD'))).toHaveLength(1);
  await backend.close();
});

test('[FILEOUT-1] fileTarget into a folder passes the conformance suite', async () => {
  await openOn(site.url, async () => undefined);
  const troubles = collectTroubles(page);
  // Six cases of failure and one of looking into the backend.
  expectAllPassed(await runSuite('directory', ''), 7);
  expect(troubles).toEqual([]);
  const names = await page.evaluate(async () => {
    const list = async (folder: FileSystemDirectoryHandle): Promise<string[]> => {
      const found: string[] = [];
      for await (const [name, handle] of folder.entries()) {
        if (handle.kind === 'file') found.push(name);
        else found.push(...(await list(handle)));
      }
      return found;
    };
    return list(await navigator.storage.getDirectory());
  });
  expect(names.filter((name) => name.endsWith('.wav')).length).toBeGreaterThan(10);
  expect(names).toContain('session.json');
});

test('[FILEOUT-2] without a folder each file is downloaded, the metadata beside it', async () => {
  await openOn(site.url, async () => undefined);
  const downloads: Download[] = [];
  page.on('download', (download) => downloads.push(download));
  const failure = await page.evaluate(async () => {
    const { file, testing } = window.entries;
    const [first] = testing.targetConformance({ createTarget: () => file.fileTarget() });
    return first?.run().then(() => undefined, String);
  });
  expect(failure).toBeUndefined();
  await expect.poll(() => downloads.length).toBe(2);
  const contents = await Promise.all(downloads.map(async (download) => readFile(await download.path())));
  const names = downloads.map((download) => download.suggestedFilename());
  const json = contents[names.findIndex((name) => name.endsWith('.json'))] ?? Buffer.alloc(0);
  const wav = contents[names.findIndex((name) => name.endsWith('.wav'))] ?? Buffer.alloc(0);
  const { sha256, byte_size } = JSON.parse(json.toString()) as { sha256: string; byte_size: number };
  expect({ sha256: createHash('sha256').update(wav).digest('hex'), byte_size: wav.length }).toEqual({
    sha256,
    byte_size,
  });
});
