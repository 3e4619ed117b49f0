/** Installations that fail, with stand-ins for the programs they run: what the user is told, and what is left behind. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstallation, installTensorflow, removeTensorflow } from '../src/entries/native';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ae-install-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A program that prints `complaint` and fails, or does nothing and succeeds. */
async function standIn(name: string, complaint?: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, `#!/bin/sh\n${complaint ? `echo "${complaint}" >&2; exit 1` : 'exit 0'}\n`);
  await chmod(file, 0o755);
  return file;
}

/** A cache that contains everything except the addon, so that no network is needed. */
async function makeCache(name: string): Promise<string> {
  const cache = path.join(folder, name);
  await mkdir(path.join(cache, 'tfjs-node/node_modules/@tensorflow/tfjs-node/binding'), { recursive: true });
  await writeFile(path.join(cache, 'made-by-ae'), '');
  return cache;
}

const linux = process.platform === 'linux';
if (!linux) console.warn('SKIPPED: installing native TensorFlow, which works on Linux only.');

describe.skipIf(!linux)('installTensorflow', () => {
  it.each([
    ['no Python', undefined, /pip was not found as ".*nowhere"; install Python 3 with pip/],
    [
      'no network',
      'WARNING: Retrying after connection broken: Failed to establish a new connection: Name or service not known',
      /pip could not reach its package index; check the network, proxy and mirror settings/,
    ],
    [
      'a full disk',
      'OSError: [Errno 28] No space left on device',
      /pip failed because the disk is full; free some space/,
    ],
    [
      'no pip',
      '/usr/bin/python3: No module named pip',
      /failed with "\/usr\/bin\/python3: No module named pip"; check that/,
    ],
    [
      'a version that does not exist',
      'ERROR: No matching distribution found for tensorflow-cpu==9.9.9',
      /failed with "ERROR: No matching distribution found .*"; .*or choose another version with --tensorflow\.$/,
    ],
  ])('says what to do about %s', async (_, complaint, expected) => {
    const cacheFolder = await makeCache('without-python');
    const python = complaint ? await standIn('python', complaint) : path.join(folder, 'nowhere');
    const attempt = installTensorflow({ cacheFolder, python });
    await expect(attempt).rejects.toMatchObject({ code: 'INSTALL_FAILED', message: expect.stringMatching(expected) });
    expect(await findInstallation('@tensorflow/tfjs-node', cacheFolder)).toBeUndefined();
    // The next attempt discards what was started, and never treats it as complete.
    expect(await readdir(cacheFolder)).not.toContain('tensorflow-cpu-2.21.0');
  });

  it.each([
    [
      'is missing',
      undefined,
      /the C\+\+ compiler was not found as ".*nowhere"; install one \(on Debian: apt-get install g\+\+\)/,
    ],
    [
      'fails',
      'tfjs_backend.cc:1: error: wrong headers',
      /failed with "tfjs_backend.cc:1: error: wrong headers"; this TensorFlow may/,
    ],
  ])('says what to do where the compiler %s', async (_, complaint, expected) => {
    const cacheFolder = await makeCache('without-compiler');
    await mkdir(path.join(cacheFolder, 'tensorflow-cpu-2.21.0'), { recursive: true });
    const compiler = complaint ? await standIn('c++', complaint) : path.join(folder, 'nowhere');
    await expect(installTensorflow({ cacheFolder, compiler })).rejects.toThrow(expected);
  });

  it('runs no module from the current folder, or from paths in environment variables', async () => {
    const cacheFolder = await makeCache('isolated');
    const here = path.join(folder, 'here');
    await mkdir(here, { recursive: true });
    for (const name of ['pip', 'zipfile', 're', 'sitecustomize']) {
      await writeFile(path.join(here, `${name}.py`), `open(${JSON.stringify(path.join(here, 'ran'))}, 'w')\n`);
    }
    const python = path.join(folder, 'in-here');
    // The real Python, in a folder with other files; without a network it fails.
    const real = process.env.AE_PYTHON ?? 'python3';
    await writeFile(python, `#!/bin/sh\ncd '${here}' && PYTHONPATH='${here}' PIP_NO_INDEX=1 exec ${real} "$@"\n`);
    await chmod(python, 0o755);
    await expect(installTensorflow({ cacheFolder, python })).rejects.toMatchObject({ code: 'INSTALL_FAILED' });
    expect(await readdir(here)).not.toContain('ran');
  });

  it('accepts only the files that were tested', async () => {
    const cacheFolder = await makeCache('pinned');
    const python = path.join(folder, 'recorder');
    const said = path.join(folder, 'said');
    await writeFile(python, `#!/bin/sh\nfor last; do :; done\n{ echo "$@"; cat "$last"; } > '${said}'\nexit 1\n`);
    await chmod(python, 0o755);
    await expect(installTensorflow({ cacheFolder, python })).rejects.toThrow(/pip failed with/);
    const [command, requirement] = (await readFile(said, 'utf8')).split('\n');
    expect(command).toMatch(/^-I -m pip download .* --require-hashes /);
    expect(requirement).toMatch(/^tensorflow(-cpu)?==[\d.]+( --hash=sha256:[0-9a-f]{64})+$/);

    const changed = await standIn(
      'changed',
      'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.',
    );
    await expect(installTensorflow({ cacheFolder, python: changed })).rejects.toThrow(
      /pip: a file's checksum differs from that of the tested file, so it is not used/,
    );
    const lock = JSON.parse(await readFile(new URL('../native/package-lock.json', import.meta.url), 'utf8'));
    const { '': root, ...packages } = lock.packages;
    expect(Object.values(root.dependencies)).toHaveLength(3);
    for (const [name, { integrity }] of Object.entries<{ integrity: string }>(packages)) {
      expect(integrity, name).toMatch(/^sha512-/);
    }
  });

  it('does not consider an addon installed that does not load', async () => {
    const cacheFolder = await makeCache('unchecked');
    await mkdir(path.join(cacheFolder, 'tensorflow-cpu-2.21.0'), { recursive: true });
    await mkdir(path.join(cacheFolder, 'tfjs-node/node_modules/@tensorflow/tfjs-node/lib/napi-v8'), {
      recursive: true,
    });
    const compiler = await standIn('c++');
    const output = path.join(
      cacheFolder,
      'tfjs-node/node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.partial',
    );
    await writeFile(output, '');
    await expect(installTensorflow({ cacheFolder, compiler })).rejects.toThrow(/checking the addon failed with/);
    expect(await findInstallation('@tensorflow/tfjs-node', cacheFolder)).toBeUndefined();
  });

  it('puts nothing into a folder with other files, which remove would delete', async () => {
    const attempt = installTensorflow({ cacheFolder: path.dirname(fileURLToPath(import.meta.url)) });
    await expect(attempt).rejects.toThrow(/already contains other files; choose another cache folder/);
  });

  it('refuses unknown options', async () => {
    const options = { version: '2.20.0' } as object;
    await expect(installTensorflow(options)).rejects.toThrow(
      /installTensorflow: unknown option "version"; expected one of gpu/,
    );
  });
});

describe('removeTensorflow', () => {
  it('removes what was installed, and nothing else', async () => {
    const cacheFolder = path.join(folder, 'remove');
    expect(await removeTensorflow({ cacheFolder })).toBe(false);
    await mkdir(cacheFolder);
    await writeFile(path.join(cacheFolder, 'precious'), '');
    await expect(removeTensorflow({ cacheFolder })).rejects.toThrow(
      /was not created by installTensorflow, so it is not removed/,
    );
    await writeFile(path.join(cacheFolder, 'made-by-ae'), '');
    expect(await removeTensorflow({ cacheFolder })).toBe(true);
    expect(await readdir(folder)).not.toContain('remove');
  });
});
