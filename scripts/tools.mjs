import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium, findFirefox } from './browser.mjs';
import { findProgram, localProgram, run } from './run.mjs';

/**
 * What the tests need beside the npm packages: each program, its Debian package, and what it is for.
 *
 * `reads`: a format that the program reads by a package of its own.
 *
 * @type {{ program: string, debian: string, purpose: string, reads?: string }[]}
 */
const TOOLS = [
  { program: 'ffmpeg', debian: 'ffmpeg', purpose: 'decodes what was recorded' },
  { program: 'ffprobe', debian: 'ffmpeg', purpose: 'reads the files’ headers' },
  { program: 'opusinfo', debian: 'opus-tools', purpose: 'checks Ogg Opus files' },
  { program: 'flite', debian: 'flite', purpose: 'speaks the test’s user and bot' },
  { program: 'espeak-ng', debian: 'espeak-ng', purpose: 'is a second voice' },
  { program: 'sox', debian: 'sox', purpose: 'makes tones and noise' },
  { program: 'sox', debian: 'libsox-fmt-mp3', purpose: 'reads MP3 files', reads: 'mp3' },
  { program: 'unzip', debian: 'unzip', purpose: 'opens a session’s bundle' },
  { program: 'postgres', debian: 'postgresql', purpose: 'is the server’s database beyond one machine' },
];

/**
 * What the tests in a second browser need. Where it cannot be had they are not run, and the result says so.
 *
 * @type {{ program: string, debian: string, purpose: string }[]}
 */
const SECOND_BROWSER = [
  { program: 'pulseaudio', debian: 'pulseaudio', purpose: 'is the sound card of the tests in Firefox' },
  { program: 'pactl', debian: 'pulseaudio-utils', purpose: 'speaks into it and listens to it' },
];

/**
 * Gets what the tests need and is not there yet, and says so.
 *
 * @param {(line: string) => void} say
 * @returns {Promise<{ browser: string | undefined, missing: string[] }>} what could not be had
 */
export async function prepareTools(say) {
  const wanted = missingTools();
  for (const tool of wanted) say(`${named(tool)} is missing. It ${tool.purpose}.`);
  const packages = new Set(wanted.map(({ debian }) => debian));
  if (!(await findChromium())) {
    say('Chromium is missing. The tests run in a real browser.');
    packages.add('chromium');
  }
  if (packages.size > 0 && canUseApt()) await installDebian([...packages], say);
  if (!(await findChromium())) await installChromium(say);
  await prepareFirefox(say);
  const still = missingTools().map(named);
  if (still.length > 0) say(`Not to be had here: ${still.join(', ')}. The tests that need them will fail and say so.`);
  return { browser: await findChromium(), missing: still };
}

/**
 * A few tests run in Firefox as well. In an installation of its own: one package that a system does not have would take
 * the others with it.
 *
 * @param {(line: string) => void} say
 */
async function prepareFirefox(say) {
  const wanted = SECOND_BROWSER.filter(({ program }) => !findProgram(program));
  for (const { program, purpose } of wanted) say(`${program} is missing. It ${purpose}.`);
  const packages = new Set(wanted.map(({ debian }) => debian));
  if (!findFirefox()) {
    say('Firefox is missing. A few tests run in it as well.');
    packages.add('firefox-esr');
  }
  if (packages.size === 0) return;
  if (canUseApt()) await installDebian([...packages], say);
  if (findFirefox() && SECOND_BROWSER.every(({ program }) => findProgram(program))) return;
  say('Not to be had here: the tests in Firefox will not be run, and the result names them.');
}

function missingTools() {
  return TOOLS.filter((tool) => {
    const { program, reads } = tool;
    return reads === undefined ? !findProgram(program) && !isInCluster(program) : !soxReads(reads);
  });
}

/** @param {{ program: string, reads?: string }} tool */
function named({ program, reads }) {
  return reads === undefined ? program : `${program}’s reader of ${reads}`;
}

/**
 * Debian keeps some of sox's readers in packages of their own.
 *
 * @param {string} format
 */
function soxReads(format) {
  const sox = findProgram('sox');
  if (!sox) return false;
  const { stdout } = spawnSync(sox, ['--help'], { encoding: 'utf8' });
  const [, formats = ''] = /AUDIO FILE FORMATS: (.*)/.exec(stdout ?? '') ?? [];
  return formats.split(' ').includes(format);
}

/**
 * Debian keeps PostgreSQL's own programs off the path, in a folder for each version.
 *
 * @param {string} program
 */
function isInCluster(program) {
  const folder = '/usr/lib/postgresql';
  return existsSync(folder) && readdirSync(folder).some((version) => existsSync(join(folder, version, 'bin', program)));
}

/** Debian's packages can be installed by root only. */
function canUseApt() {
  return process.getuid?.() === 0 && findProgram('apt-get') !== undefined;
}

/**
 * @param {string[]} packages
 * @param {(line: string) => void} say
 */
async function installDebian(packages, say) {
  say(`Installing from Debian with apt-get: ${packages.join(', ')}. This takes about a minute.`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const lock = ['-o', 'DPkg::Lock::Timeout=300'];
  const update = await run(['apt-get', '-q', ...lock, 'update'], { env, quiet: true });
  const install = await run(['apt-get', '-q', '-y', '--no-install-recommends', ...lock, 'install', ...packages], {
    env,
    quiet: true,
  });
  if (install.code === 0) return;
  say(`apt-get could not install them (exit code ${install.code}):`);
  say(lastLines(update.code === 0 ? install.output : `${update.output}\n${install.output}`));
}

/** @param {(line: string) => void} say */
async function installChromium(say) {
  say('Downloading a Chromium of its own for Playwright, into your user’s cache.');
  const { code, output } = await run([localProgram('playwright'), 'install', 'chromium'], { quiet: true });
  if (code === 0 && (await findChromium())) return;
  say('That failed as well. Install Chromium or Chrome by hand, or set CHROMIUM_PATH. What Playwright said:');
  say(lastLines(output));
}

const lastLines = (/** @type {string} */ text) => text.trimEnd().split('\n').slice(-12).join('\n');
