import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AwsClient } from 'aws4fetch';
import type { S3Options } from '../s3-store.ts';
import { waitFor } from './wait-for.ts';

const run = promisify(execFile);
const [USER, PASSWORD] = ['AKTEST', 'SKTEST'];

/** A real S3 store. */
export interface CephUnderTest extends AsyncDisposable {
  storage: S3Options;
}

/**
 * Ceph of one process each (mon, an OSD in memory, radosgw) on this machine. Debian: apt-get install
 * --no-install-recommends ceph-mon ceph-osd radosgw ceph-common. Root's rights are needed.
 */
export async function startCeph(ports = { monitor: 13_310, old: 16_799, s3: 7489 }): Promise<CephUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-ceph-'));
  const config = join(folder, 'ceph.conf');
  for (const name of ['mon', 'osd', 'run', 'rgw']) await mkdir(join(folder, name));
  const cluster = randomUUID();
  await writeFile(config, configuration(folder, cluster, ports));
  const ceph = (program: string, ...args: string[]) => run(program, ['-c', config, ...args], { cwd: folder });
  const map = join(folder, 'monmap');
  const address = `[v2:127.0.0.1:${ports.monitor},v1:127.0.0.1:${ports.old}]`;
  await run('monmaptool', ['--create', '--fsid', cluster, '--addv', 'a', address, map]);
  await ceph('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map);
  const daemons: ChildProcess[] = [];
  // In the foreground: they end with us.
  const daemon = (program: string, ...args: string[]) => {
    const child = spawn(program, ['-c', config, ...args, '-f'], { cwd: folder, stdio: 'ignore' });
    daemons.push(child);
    return child;
  };
  const endAll = () => {
    for (const child of daemons) child.kill('SIGKILL');
  };
  process.once('exit', endAll);
  daemon('ceph-mon', '-i', 'a');
  const uuid = randomUUID();
  await ceph('ceph', 'osd', 'new', uuid);
  await ceph('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', uuid);
  daemon('ceph-osd', '-i', '0');
  await waitFor(async () => ((await ceph('ceph', 'osd', 'stat')).stdout.includes('1 up') ? true : undefined));
  const account = ['--uid=t', '--display-name=t', `--access-key=${USER}`, `--secret-key=${PASSWORD}`];
  await ceph('radosgw-admin', 'user', 'create', ...account);
  daemon('radosgw', '-n', 'client.rgw');
  const endpoint = `http://127.0.0.1:${ports.s3}`;
  await waitFor(() =>
    fetch(endpoint).then(
      () => true,
      () => undefined,
    ),
  );
  const client = new AwsClient({ accessKeyId: USER, secretAccessKey: PASSWORD, service: 's3', region: 'us-east-1' });
  const made = await client.fetch(`${endpoint}/recordings`, { method: 'PUT' });
  if (!made.ok) throw new Error(`radosgw made no bucket: ${made.status} ${await logs(folder)}`);
  return {
    storage: {
      bucket: 'recordings',
      prefix: 'voice',
      endpoint,
      region: 'us-east-1',
      accessKeyId: USER,
      secretAccessKey: PASSWORD,
    },
    async [Symbol.asyncDispose]() {
      endAll();
      process.off('exit', endAll);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function logs(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.join('\n').slice(-2000);
}

function configuration(folder: string, cluster: string, ports: { monitor: number; old: number; s3: number }): string {
  return `[global]
fsid = ${cluster}
mon host = [v2:127.0.0.1:${ports.monitor},v1:127.0.0.1:${ports.old}]
mon initial members = a
ms bind ipv6 = false
public network = 127.0.0.0/8
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms client mode = crc
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data = ${folder}/mon
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
run dir = ${folder}/run
admin socket = ${folder}/run/$name.asok
pid file = ${folder}/$name.pid
log file = ${folder}/$name.log
rgw frontends = beast endpoint=127.0.0.1:${ports.s3}
rgw data = ${folder}/rgw
rgw_enable_usage_log = false
`;
}
