import { readFile, readdir, writeFile } from 'node:fs/promises';

/** Most that was resident since the last look, in MB: of the renderers, and of the browser with all its processes. */
/** @typedef {{ renderersMb: number, browserMb: number }} Peak */

/**
 * Memory of the browsers that this process has started, as the kernel counts it. Linux only: 0 elsewhere. Each look gives the
 * highest mark since the one before, and forgets it.
 */
export async function watchBrowserMemory() {
  const processes = await browserProcesses();
  /** @param {'VmRSS' | 'VmHWM'} field @returns {Promise<Peak>} */
  const sum = async (field) => {
    const peak = { renderersMb: 0, browserMb: 0 };
    for (const { pid, isRenderer } of processes) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const megabytes = Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
      peak.browserMb += megabytes;
      if (isRenderer) peak.renderersMb += megabytes;
    }
    return peak;
  };
  const forget = () =>
    Promise.all(processes.map(({ pid }) => writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined)));
  await forget();
  return {
    before: await sum('VmRSS'),
    look: async () => {
      const peak = await sum('VmHWM');
      await forget();
      return peak;
    },
  };
}

/** Every descendant of this process that is a browser's. */
async function browserProcesses() {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  /** @type {Map<string, string>} */
  const parents = new Map();
  /** @type {Map<string, string>} */
  const commands = new Map();
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    parents.set(pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '');
    commands.set(pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  }
  const isOurs = (/** @type {string | undefined} */ pid) => {
    for (let each = pid; each !== undefined; each = parents.get(each)) if (each === `${process.pid}`) return true;
    return false;
  };
  return pids
    .filter((pid) => /chrom/i.test(commands.get(pid) ?? '') && isOurs(pid))
    .map((pid) => ({ pid, isRenderer: commands.get(pid)?.includes('--type=renderer') ?? false }));
}
