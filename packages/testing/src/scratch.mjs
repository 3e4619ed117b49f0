/** Creates folders for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** Returns a new folder, removed at the end of the test. */
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'ae-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns a new folder for all tests of a file, or of the `describe` that calls it; removed after them. */
export function sharedFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'ae-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
