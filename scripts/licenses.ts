import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Returns a plugin, shared by all builds of a package, that writes dist/licenses.txt: the authors and licenses of bundled code. The
 * licenses require that, and users cannot read it in node_modules, where these packages are missing.
 */
export function licenses(): Plugin {
  const bundled = new Map<string, string>();
  return {
    name: 'licenses',
    setup({ initialOptions, onEnd }) {
      initialOptions.metafile = true;
      onEnd(async ({ metafile }) => {
        for (const input of Object.keys(metafile?.inputs ?? {})) {
          const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/@]+(?=\/)/.exec(input)?.[0];
          if (folder) bundled.set(...licenseOf(resolve(folder)));
        }
        const texts = [...bundled].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
        if (texts.length === 0) return;
        // The first build of a clean checkout may end before the folder contains anything else.
        await mkdir(resolve('dist'), { recursive: true });
        await writeFile(resolve('dist/licenses.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
      });
    },
  };
}

/** Returns a package's name and its entry in the file. @throws {Error} if it came without a license */
function licenseOf(folder: string): [string, string] {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${dirname(folder)}: ${name} ${version} (${license}) has no license file.`);
  return [name, `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`];
}
