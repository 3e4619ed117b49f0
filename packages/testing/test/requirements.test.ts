/** What is required and missing fails with its reason; what is not required and missing is skipped with its reason. */
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findChromium } from '../src/chromium.mjs';
import { hasLmdbTools } from '../src/programs.mjs';
import { findPython } from '../src/python.mjs';
import { isRequired, requiredWords } from '../src/requirements.mjs';
import { scratchFolder } from '../src/scratch.mjs';

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
afterEach(() => {
  vi.unstubAllEnvs();
  warn.mockClear();
});

/** Makes a program of a shell script. */
function program(name: string, ...lines: string[]): string {
  const file = join(scratchFolder(), name);
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(file, 0o755);
  return file;
}

/** Makes a Python in which NumPy is installed and fails, and Torch is missing. */
const brokenPython = () =>
  program(
    'python',
    'case "$2" in',
    '*numpy*) echo "ImportError: numpy needs a newer libc" >&2; exit 1;;',
    `*torch*) echo "ModuleNotFoundError: No module named 'torch'" >&2; exit 1;;`,
    'esac',
  );

describe('AE_REQUIRE', () => {
  it('is a list of words', () => {
    expect(requiredWords('')).toEqual([]);
    expect(requiredWords('chromium, lmdb,')).toEqual(['chromium', 'lmdb']);
  });

  it('names the words that there are where one is not known', () => {
    vi.stubEnv('AE_REQUIRE', 'python,chromum');
    expect(() => isRequired('python')).toThrow(
      'AE_REQUIRE: expected some of python, keras, kubernetes-validate, lmdb, numpy, onnx, onnxruntime, opencv, protobuf, pyarrow, safetensors, tensorboard, ' +
        'torch, torchfile, webdataset, chromium, mdb-tools, fish, zsh, tensorflow, webgpu, tested-v8, received "chromum".',
    );
  });

  it('fails with an unknown word even where everything is there', () => {
    vi.stubEnv('AE_PYTHON', program('python'));
    vi.stubEnv('AE_CHROMIUM', program('chromium'));
    vi.stubEnv('AE_REQUIRE', 'torhc');
    for (const find of [() => findPython(['torch'], 'x'), () => findChromium('x'), () => hasLmdbTools('x')])
      expect(find).toThrow(/received "torhc"/);
  });
});

describe.skipIf(process.platform === 'win32')('Python', () => {
  it('is returned where everything can be imported', () => {
    const python = program('python');
    vi.stubEnv('AE_PYTHON', python);
    vi.stubEnv('AE_REQUIRE', 'python,torch,numpy');
    expect(findPython(['torch', 'numpy'], 'a comparison')).toBe(python);
    expect(warn).not.toHaveBeenCalled();
  });

  it('is skipped with the reason where a package is missing or fails', () => {
    const python = brokenPython();
    vi.stubEnv('AE_PYTHON', python);
    vi.stubEnv('AE_REQUIRE', 'python,lmdb');
    expect(findPython(['torch', 'numpy', 'lmdb'], 'a comparison')).toBeUndefined();
    const advice = 'set AE_PYTHON to a Python that has it.';
    expect(warn.mock.calls.flat()).toEqual([
      `SKIPPED: a comparison: ${python} cannot import torch: ModuleNotFoundError: No module named 'torch'; ${advice}`,
      `SKIPPED: a comparison: ${python} cannot import numpy: ImportError: numpy needs a newer libc; ${advice}`,
    ]);
  });

  it('fails where a required package is installed and fails to import, whatever else is missing', () => {
    vi.stubEnv('AE_PYTHON', brokenPython());
    vi.stubEnv('AE_REQUIRE', 'numpy');
    expect(() => findPython(['torch', 'numpy'], 'a comparison')).toThrow(
      /^a comparison: AE_REQUIRE names numpy, but .*python cannot import numpy: ImportError: numpy needs a newer libc; set/,
    );
  });

  it.each(['python', 'lmdb'])('fails where it does not run and %s is required', (word) => {
    vi.stubEnv('AE_PYTHON', '/nowhere/python');
    vi.stubEnv('AE_REQUIRE', word);
    expect(() => findPython(['lmdb'], 'a comparison')).toThrow(
      `a comparison: AE_REQUIRE names ${word}, but /nowhere/python does not run: `,
    );
  });
});

describe('programs', () => {
  it('Chromium fails where it is required, by its name or on the PATH', () => {
    vi.stubEnv('AE_REQUIRE', 'chromium');
    vi.stubEnv('AE_CHROMIUM', '/nowhere/chromium');
    expect(() => findChromium('a page')).toThrow(
      'a page: AE_REQUIRE names chromium, but AE_CHROMIUM names /nowhere/chromium, which does not exist.',
    );
    vi.stubEnv('AE_CHROMIUM', '');
    vi.stubEnv('PATH', scratchFolder());
    expect(() => findChromium('a page')).toThrow(
      'a page: AE_REQUIRE names chromium, but there is no Chromium on the PATH; install one or set AE_CHROMIUM.',
    );
  });

  it('are skipped with the reason where they are not required', () => {
    vi.stubEnv('AE_REQUIRE', 'python');
    vi.stubEnv('AE_CHROMIUM', undefined);
    vi.stubEnv('PATH', scratchFolder());
    expect(findChromium('a page')).toBeUndefined();
    expect(hasLmdbTools('a comparison')).toBe(false);
    expect(warn.mock.calls.flat()).toEqual([
      'SKIPPED: a page: there is no Chromium on the PATH; install one or set AE_CHROMIUM.',
      'SKIPPED: a comparison: mdb_stat and mdb_dump not found on the PATH (Debian: lmdb-utils).',
    ]);
  });

  it('are found in the folders of the PATH', () => {
    const chromium = program('google-chrome');
    vi.stubEnv('AE_CHROMIUM', undefined);
    vi.stubEnv('PATH', [scratchFolder(), join(chromium, '..')].join(delimiter));
    expect(findChromium('a page')).toBe(chromium);
  });

  it("LMDB's tools fail where they are required", () => {
    vi.stubEnv('AE_REQUIRE', 'mdb-tools');
    vi.stubEnv('PATH', scratchFolder());
    expect(() => hasLmdbTools('a comparison')).toThrow(/^a comparison: AE_REQUIRE names mdb-tools, but mdb_stat and/);
  });
});
