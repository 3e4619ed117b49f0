import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { findPython } from '@ae/testing/python';
import { expect, it } from 'vitest';
import { type GoldenFiles, type GoldenTensor, readGolden } from './golden/read';

const names = ['pooling', 'unpooling', 'kernels', 'network'] as const satisfies (keyof GoldenFiles)[];
const python = findPython(['numpy', 'torch'], 'making the golden files of @ae/layers again');

it.runIf(python)('PyTorch generates the same files again', { timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ae-golden-'));
  try {
    const generator = fileURLToPath(new URL('./golden/generate.py', import.meta.url));
    await promisify(execFile)(python as string, [generator, directory]);
    for (const name of names) {
      const made = readGolden(name, pathToFileURL(`${directory}/`));
      expectSame(made, readGolden(name), name);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** Compares two parsed files; only numbers may differ, by as much as the order of summation in another version changes them. */
function expectSame(actual: unknown, expected: unknown, path: string): void {
  if (isTensor(expected)) {
    const { shape, values } = actual as GoldenTensor;
    expect(shape, path).toEqual(expected.shape);
    expected.values.forEach((value, i) => {
      if (typeof value === 'number') expect(values[i], `${path}[${i}]`).toBeCloseTo(value, 4);
      else expect(values[i], `${path}[${i}]`).toBe(value);
    });
  } else if (expected !== null && typeof expected === 'object') {
    expect(Object.keys(actual as object), path).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) {
      expectSame((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else if (typeof expected === 'number') {
    expect(actual, path).toBeCloseTo(expected, 4);
  } else {
    expect(actual, path).toBe(expected);
  }
}

function isTensor(value: unknown): value is GoldenTensor {
  return (
    value !== null && typeof value === 'object' && 'values' in value && Array.isArray(value.values) && 'shape' in value
  );
}
