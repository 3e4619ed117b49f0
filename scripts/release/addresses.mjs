/**
 * Writes the address of the repository to the public packages before they are published:
 *
 *     node scripts/release/addresses.mjs --repository https://github.com/<owner>/<name> --ref <commit>
 *
 * package.json gets repository, homepage and bugs, which provenance is checked against, and in Markdown files, links to what their package
 * does not contain become complete addresses. Nothing of this is committed: a fork publishes its own address.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    repository: { type: 'string', default: '' },
    ref: { type: 'string', default: 'main' },
    root: { type: 'string', default: fileURLToPath(new URL('../..', import.meta.url)) },
  },
});
const { repository, ref, root } = values;
if (!/^https:\/\/[\w.-]+\/[\w.-]+\/[\w.-]+$/.test(repository)) {
  console.error(`addresses: --repository: expected https://<host>/<owner>/<name>, received "${repository}".`);
  process.exit(1);
}
for (const name of readdirSync(join(root, 'packages'))) writeAddresses(`packages/${name}`);

function writeAddresses(folder) {
  const file = join(root, folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  if (manifest.private) return;
  manifest.homepage = `${repository}/tree/HEAD/${folder}#readme`;
  manifest.bugs = { url: `${repository}/issues` };
  manifest.repository = { type: 'git', url: `git+${repository}.git`, directory: folder };
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  for (const page of pagesOf(folder, manifest)) {
    const text = readFileSync(join(root, page), 'utf8');
    writeFileSync(join(root, page), wholeLinks(text, page, folder, manifest));
  }
}

/** Lists the Markdown files that a package publishes. */
function pagesOf(folder, { files }) {
  const pages = files
    .map((name) => join(root, folder, name))
    .filter((place) => existsSync(place) && statSync(place).isDirectory())
    .flatMap((place) => readdirSync(place, { recursive: true }).map((name) => join(place, name)))
    .map((place) => place.slice(root.length).replaceAll('\\', '/').replace(/^\//, ''));
  return [`${folder}/README.md`, ...pages.filter((page) => page.endsWith('.md') && !page.includes('/dist/'))];
}

/** Returns the text with complete addresses for links to what the package does not publish. */
function wholeLinks(text, page, folder, { files }) {
  return text.replace(/\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)/g, (link, path, part = '') => {
    const target = posix.join(posix.dirname(page), path);
    if (!existsSync(join(root, target))) throw new Error(`${page}: expected a file or a folder, received ${path}.`);
    if (files.some((name) => `${target}/`.startsWith(`${folder}/${name}/`))) return link;
    const isFolder = statSync(join(root, target)).isDirectory();
    const kind = isFolder ? 'tree' : /\.(png|jpe?g|svg)$/.test(path) ? 'raw' : 'blob';
    return `](${repository}/${kind}/${ref}/${target}${part})`;
  });
}
