/** The golden files are the ones that were generated. golden.slow.test.ts generates them again. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const fixtures = new URL('./golden/fixtures/', import.meta.url);
const { sha256 } = JSON.parse(readFileSync(new URL('manifest.json', fixtures), 'utf8')) as {
  sha256: Record<string, string>;
};

it.each(Object.keys(sha256))('%s is the file that the generator wrote', (name) => {
  const text = readFileSync(new URL(name, fixtures), 'utf8').replaceAll('\r\n', '\n');
  expect(createHash('sha256').update(text).digest('hex')).toBe(sha256[name]);
});
