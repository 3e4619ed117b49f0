/**
 * A registry on loopback that contains the public packages of this repository, as `npm publish` would upload them, and nothing else.
 * Package managers use it for the scope @ae, and their normal registry for the rest.
 */
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fail, root } from '../lane.mjs';
import { execute } from './processes.mjs';

/** Old enough for managers that refuse packages from the last few days. */
const published = '2024-01-01T00:00:00.000Z';

/**
 * Packs the public packages into `folder` and serves them; returns the address, their names with versions, each tarball with its
 * package.json, and `close`.
 */
export async function servePackages(folder) {
  const documents = new Map();
  const server = createServer(({ url }, response) => answer(url, response, documents, folder));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const address = `http://127.0.0.1:${server.address().port}/`;
  const all = await pack(folder);
  for (const packed of all) documents.set(packed.name, documentOf(packed, address));
  return {
    address,
    tarballs: all.map(({ filename, manifest }) => ({ file: join(folder, filename), manifest })),
    versions: Object.fromEntries([...documents].map(([name, document]) => [name, document['dist-tags'].latest])),
    close: () => server.close(),
  };
}

/** Returns what npm says about each tarball that it made. */
async function pack(folder) {
  const packages = readdirSync(join(root, 'packages')).filter((name) => !manifestOf(name).private);
  for (const name of packages)
    if (!existsSync(join(root, 'packages', name, 'dist')))
      fail(`packages/${name}/dist is missing; run npm run build first.`, 1);
  const workspaces = packages.flatMap((name) => ['--workspace', `packages/${name}`]);
  const command = ['npm', 'pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
  const text = await execute([...command, ...workspaces], { cwd: root });
  const answers = Object.values(JSON.parse(text));
  return answers.map((packed, i) => ({ ...packed, manifest: manifestOf(packages[i]) }));
}

const manifestOf = (name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));

/** Returns the registry document of a package with one version. */
function documentOf({ name, version, filename, integrity, shasum, manifest }, address) {
  if (manifest.name !== name) throw new Error(`npm pack: expected ${manifest.name}, received ${name}.`);
  const dist = { integrity, shasum, tarball: `${address}tarballs/${filename}` };
  return {
    name,
    'dist-tags': { latest: version },
    time: { created: published, modified: published, [version]: published },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
  };
}

function answer(url, response, documents, folder) {
  const wanted = decodeURIComponent(new URL(url, 'http://127.0.0.1').pathname.slice(1));
  const document = documents.get(wanted);
  const tarball = /^tarballs\/([\w.-]+\.tgz)$/.exec(wanted)?.[1];
  if (document) {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
  } else if (tarball && existsSync(join(folder, tarball))) {
    response.setHeader('content-type', 'application/octet-stream');
    createReadStream(join(folder, tarball)).pipe(response);
  } else {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Not found"}');
  }
}
