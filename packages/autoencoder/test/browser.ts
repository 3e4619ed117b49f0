import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

const flags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

/** Starts Chromium without a window: that of AE_CHROMIUM, else Debian's. Returns undefined after a loud word where there is none. */
export async function startChromium(skipped: string): Promise<Browser | undefined> {
  const executablePath = process.env.AE_CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    console.warn(`SKIPPED: ${skipped}: no Chromium at ${executablePath} (set AE_CHROMIUM to one)`);
    return undefined;
  }
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath, args: flags });
}
