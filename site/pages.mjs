/** Lays out the pages of the repository as those of the site, in site/pages, with links that lead there or to the repository. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = path.join(root, 'site/pages');
const { repository } = JSON.parse(readFileSync(path.join(root, 'packages/cli/package.json'), 'utf8'));
const address = repository.url.replace(/^git\+|\.git$/g, '');

/** Folders of pages. */
const folders = ['.', 'docs', ...inEach('packages'), ...inEach('packages', 'docs'), ...inEach('examples')];

/** Where pages are on the site: the first pattern that fits. Others are not there. */
const places = [
  [/^docs\/README\.md$/, 'index.md'],
  [/^docs\/([^/]+)$/, '$1'],
  [/^packages\/(autoencoder|cli|images|layers|lmdb-datum)\/README\.md$/, 'packages/$1.md'],
  [/^packages\/[^/]+\/docs\/([^/]+)$/, '$1'],
  [/^examples\/([^/]+)\/README\.md$/, 'examples/$1.md'],
  [/^README\.md$/, 'overview.md'],
  [/^CONTRIBUTING\.md$/, 'contributing.md'],
  [/^SECURITY\.md$/, 'security.md'],
];

function inEach(folder, below = '') {
  return readdirSync(path.join(root, folder))
    .map((name) => path.posix.join(folder, name, below))
    .filter((place) => existsSync(path.join(root, place)) && statSync(path.join(root, place)).isDirectory());
}

/** Returns the place on the site of a page of the repository, or undefined if it has none. */
function placeOf(page) {
  const [pattern, place] = places.find(([one]) => one.test(page)) ?? [];
  return pattern && page.replace(pattern, place);
}

/** Returns the pages of a folder that have a place on the site. */
function pagesIn(folder) {
  const names = readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.md'));
  return names.map((name) => path.posix.join(folder, name)).filter(placeOf);
}

/** Returns where a link of a page leads from the site; images are copied. A dead link stays one, which ends the build. */
function linkOf(href, page) {
  if (/^([a-z]+:|#|\/)/.test(href)) return href;
  const [target, hash = ''] = href.split(/(?=#)/);
  const file = path.posix.join(path.posix.dirname(page), decodeURIComponent(target)).replace(/\/$/, '');
  const source = path.join(root, file);
  if (!existsSync(source)) return href;
  if (/\.(png|svg)$/.test(file)) {
    copyFileSync(source, path.join(pages, path.basename(file)));
    return `/${path.basename(file)}`;
  }
  const isFolder = statSync(source).isDirectory();
  const place = placeOf(isFolder ? `${file}/README.md` : file);
  return place ? `/${place}${hash}` : `${address}/${isFolder ? 'tree' : 'blob'}/main/${file}`;
}

function layOut(page) {
  const text = readFileSync(path.join(root, page), 'utf8');
  // Blocks of code have no links.
  const parts = text.split(/(^```[\s\S]*?^```$)/m);
  const linked = parts.map((part) =>
    part.startsWith('```') ? part : part.replace(/\]\(([^)\s]+)\)/g, (_, href) => `](${linkOf(href, page)})`),
  );
  const file = path.join(pages, placeOf(page));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, linked.join(''));
}

/** Lays out all pages. */
export function layOutPages() {
  mkdirSync(pages, { recursive: true });
  for (const folder of folders) for (const page of pagesIn(folder)) layOut(page);
}

/** Lays a page out anew whenever it changes. */
export function watchPages() {
  for (const folder of folders) {
    watch(path.join(root, folder), (_, name) => {
      const page = path.posix.join(folder, name ?? '');
      if (placeOf(page) && existsSync(path.join(root, page))) layOut(page);
    });
  }
}
