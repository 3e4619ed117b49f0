/** Finds and starts Chromium. */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { onPath } from './programs.mjs';
import { reportMissing, requiredWords } from './requirements.mjs';

/** @typedef {import('playwright-core').Browser} Browser */
/** @typedef {import('playwright-core').Page} Page */

/** Returns the available programs: the one that AE_CHROMIUM names, or else those on the PATH. */
export function chromiums() {
  const named = process.env.AE_CHROMIUM;
  if (named) return [named].filter((file) => existsSync(file));
  return onPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']);
}

/**
 * Returns Chromium's program, or undefined after reporting what is skipped.
 *
 * @param {string} skipped the tests that need it
 * @throws {Error} if AE_REQUIRE names chromium and there is none
 */
export function findChromium(skipped) {
  requiredWords();
  const [found] = chromiums();
  if (found) return found;
  const named = process.env.AE_CHROMIUM;
  const reason = named
    ? `AE_CHROMIUM names ${named}, which does not exist.`
    : 'there is no Chromium on the PATH; install one or set AE_CHROMIUM.';
  reportMissing('chromium', reason, skipped);
  return undefined;
}

const quiet = [
  ...['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

/** Flags for WebGL in software. */
export const softwareWebgl = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];

/**
 * Starts Chromium without a window and without background requests.
 *
 * @param {string} executablePath
 * @param {readonly string[]} flags
 */
export async function startChromium(executablePath, flags = []) {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath, args: [...quiet, ...flags] });
}
