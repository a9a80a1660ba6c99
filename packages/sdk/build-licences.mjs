import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';

/** The licences of what is bundled into `dist/`: taken from the packages, else from here. */

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

const ISC = `Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY
AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM
LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR
OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.`;

/** Packages that come without a licence file; their package.json names the licence. */
const TEXTS = new Map([
  ['@wasm-audio-decoders/common', `MIT License\n\nCopyright (c) 2021-present Ethan Halsall\n\n${MIT}`],
  [
    'opus-decoder',
    `MIT License\n\nCopyright (c) 2021-present Ethan Halsall\n\n${MIT}\n\nIt holds libopus (BSD): https://opus-codec.org/license/`,
  ],
  [
    'mpg123-decoder',
    `MIT License\n\nCopyright (c) 2021-present Ethan Halsall\n\n${MIT}\n\nIt holds mpg123 (LGPL 2.1): https://www.mpg123.de/`,
  ],
  ['simple-yenc', `MIT License\n\nCopyright (c) 2021-present Ethan Halsall\n\n${MIT}`],
  ['@ricky0123/vad-web', `ISC License\n\nCopyright (c) 2022-present ricky0123\n\n${ISC}`],
  [
    'onnxruntime-web',
    `MIT License\n\nCopyright (c) Microsoft Corporation\n\n${MIT}\n\nIts own third-party notices: https://github.com/microsoft/onnxruntime/blob/main/ThirdPartyNotices.txt`,
  ],
]);

/** The models are copied, not bundled, and belong to no npm package of their own. */
const SILERO = `MIT License\n\nCopyright (c) 2020-present Silero Team\n\n${MIT}`;

/**
 * The text of `dist/THIRD_PARTY_LICENSES.txt`.
 *
 * @param {Iterable<string>} moduleIds files that were bundled
 * @returns {Promise<string>}
 */
export async function thirdPartyLicences(moduleIds) {
  const roots = new Set([...moduleIds].map(packageRoot).filter((root) => root !== undefined));
  const entries = await Promise.all([...roots].map(describePackage));
  entries.push({ title: 'Silero VAD models (silero_vad_*.onnx), MIT', text: SILERO });
  entries.sort((one, other) => one.title.localeCompare(other.title, 'en'));
  const unique = new Map(entries.map((entry) => [entry.title, entry]));
  const parts = [...unique.values()].map(({ title, text }) => `${title}\n${'-'.repeat(title.length)}\n\n${text}`);
  return `${['Turntape contains these works of others.', ...parts].join('\n\n\n')}\n`;
}

/**
 * The folder of the npm package that a file belongs to; undefined for our own.
 *
 * @param {string} file
 */
function packageRoot(file) {
  const mark = `${sep}node_modules${sep}`;
  const at = file.lastIndexOf(mark);
  if (at < 0) return undefined;
  const [scope = '', name = ''] = file.slice(at + mark.length).split(sep);
  return join(file.slice(0, at), 'node_modules', scope.startsWith('@') ? join(scope, name) : scope);
}

/** @param {string} root */
async function describePackage(root) {
  const { name, version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const file = (await readdir(root)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  const text = file ? (await readFile(join(root, file), 'utf8')).trim() : TEXTS.get(name);
  if (text === undefined)
    throw new Error(
      `${name} is bundled, but ${dirname(root)} holds no licence of it: add its text to build-licences.mjs.`,
    );
  return { title: `${name} ${version}, ${license}`, text };
}
