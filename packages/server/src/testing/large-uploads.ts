import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { segmentFacts, wavFile } from './sample-facts.ts';
import { TOKEN } from './server-under-test.ts';

/** What many uploads at once cost the server. */
export interface LargeUploadsReport {
  /** Bytes that the server had taken and not answered yet. */
  heldBytes: number;
  /** How much its memory had grown then. */
  grownBytes: number;
  /** Answers by status. */
  statuses: Record<number, number>;
}

const BOUNDARY = '----turntape-large-uploads';

/** Uploads to a running server of which only the last bytes are missing, until all are there; then they end. */
export async function holdLargeUploads(
  { url, pid }: { url: string; pid: number | undefined },
  { clients, bytes }: { clients: number; bytes: number },
): Promise<LargeUploadsReport> {
  const memory = () => residentBytes(pid ?? 0);
  // What the first requests of their kind take is not what waiting takes.
  await (await startUpload(url, 1_000_000)).finish();
  const before = memory();
  const uploads = await Promise.all(Array.from({ length: clients }, () => startUpload(url, bytes)));
  const grownBytes = memory() - before;
  const statuses: Record<number, number> = {};
  for (const status of await Promise.all(uploads.map(({ finish }) => finish())))
    statuses[status] = (statuses[status] ?? 0) + 1;
  return { heldBytes: clients * bytes, grownBytes, statuses };
}

/** Settles when the server has taken everything but the end. */
async function startUpload(url: string, bytes: number): Promise<{ finish: () => Promise<number> }> {
  const audio = wavFile(bytes / 2);
  const head =
    part('segment', 'application/json') + `${JSON.stringify(segmentFacts(audio))}\r\n${part('audio', 'audio/wav')}`;
  const end = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const sent = request(`${url}/v1/segments`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': head.length + audio.length + end.length,
    },
  });
  sent.write(head);
  if (!sent.write(audio)) await once(sent, 'drain');
  // The last bytes of the audio are in the server's socket at most.
  return {
    async finish() {
      sent.end(end);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await text(response);
      return response.statusCode ?? 0;
    },
  };
}

function part(name: string, type: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`;
}

/** Linux tells; 0 elsewhere, where nothing is compared. */
function residentBytes(pid: number): number {
  const status = process.platform === 'linux' ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}
