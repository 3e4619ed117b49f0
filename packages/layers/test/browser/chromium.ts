import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Finds the Chromium that AE_CHROMIUM names, or one on the PATH. */
export function findChromium(): string | undefined {
  if (process.env.AE_CHROMIUM) return process.env.AE_CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const { env } = process;
  const paths = (env.PATH ?? '').split(delimiter).flatMap((path) => names.map((name) => join(path, name)));
  return paths.find((path) => existsSync(path));
}

/** Starts it without a window, with WebGL by software, and without calls home. */
export function launchChromium(executablePath: string, flags: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
      ...['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
      ...flags,
    ],
  });
}
