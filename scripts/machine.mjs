/**
 * Tells turbo what it cannot see: the versions of Node.js, Python's packages and Chromium.
 *
 *     node scripts/machine.mjs [--check]
 *
 * Writes them to packages/testing/machine.json, which is an input of every test task. `npm test` and `npm ci` do so before turbo starts.
 * turbo itself runs this with --check before tests, whatever is in its cache: if `npx turbo run test` has used outdated information, this
 * fails once. What AE_REQUIRE names is looked for here as well, whether or not a test asks for it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findChromium } from '@ae/testing/chromium';
import { describeMachine } from '@ae/testing/machine';
import { hasLmdbTools } from '@ae/testing/programs';
import { findPython, isPythonPackage } from '@ae/testing/python';
import { requiredWords } from '@ae/testing/requirements';

const file = fileURLToPath(new URL('../packages/testing/machine.json', import.meta.url));

function counted() {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function lookForRequired() {
  const words = requiredWords();
  const packages = words.filter(isPythonPackage);
  if (words.includes('python') || packages.length > 0) findPython(packages, 'npm test');
  if (words.includes('chromium')) findChromium('npm test');
  if (words.includes('mdb-tools')) hasLmdbTools('npm test');
}

const machine = describeMachine();
const isNew = counted() !== machine;
if (isNew) writeFileSync(file, machine);
try {
  lookForRequired();
  if (isNew && process.argv.includes('--check'))
    throw new Error(
      "Node.js, Python's packages or Chromium are not those that turbo counted; they are now: run the same command again.",
    );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
