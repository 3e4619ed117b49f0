/**
 * A release without publication, in a copy of the files that it changes: one changeset raises all public packages to one version, which
 * they also require from each other; changelogs say why; and the published files name the repository and have no dead links.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execute } from '../installs/processes.mjs';
import { installPackages, laneFolder, nodeProgram, root } from '../lane.mjs';

/** The oldest supported Node.js that Changesets runs on. */
const nodeOfChangesets = '22';
const summary = 'Say something else.';
const repository = 'https://example.org/owner/name';

/** @throws {Error} for anything that a release would get wrong */
export async function checkRelease(copy, tarballs) {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const tools = laneFolder('packages/changesets');
  installPackages(tools, [scripts.changeset.split(' ').at(-1)]);
  await copyFiles(copy);
  const [{ name }] = tarballs.map(({ manifest }) => manifest);
  writeFileSync(join(copy, '.changeset/a-change.md'), `---\n'${name}': minor\n---\n\n${summary}\n`);
  const changeset = join(tools, 'node_modules/@changesets/cli/bin.js');
  await execute([nodeProgram(nodeOfChangesets), changeset, 'version'], { cwd: copy });
  const addresses = ['node', join(root, 'scripts/release/addresses.mjs'), '--repository', repository, '--root', copy];
  await execute(addresses, { cwd: copy });
  for (const { manifest } of tarballs) checkPackage(join(copy, manifest.repository.directory), manifest);
  const changelog = readFileSync(join(copy, tarballs[0].manifest.repository.directory, 'CHANGELOG.md'), 'utf8');
  if (!changelog.includes(summary))
    throw new Error(`${name}: expected "${summary}" in CHANGELOG.md, received ${changelog}`);
}

/** Copies the files with versions, changelogs and links to a Git repository, because Changesets looks for the commits of changes. */
async function copyFiles(copy) {
  const listed = await execute(['git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root });
  for (const file of listed.split('\0').filter((path) => /\.(json|md)$|^\.changeset\//.test(path))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
  for (const step of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    [...author, 'commit', '-q', '-m', 'Start'],
  ])
    await execute(['git', ...step], { cwd: copy });
}

function checkPackage(folder, { name, version: before }) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const wanted = before.replace(/\.(\d+)\.\d+$/, (_, minor) => `.${Number(minor) + 1}.0`);
  const own = Object.entries(manifest.dependencies ?? {}).filter(([dependency]) => dependency.startsWith('@ae/'));
  for (const [of, version] of [[name, manifest.version], ...own])
    if (version !== wanted) throw new Error(`${name}: expected ${of} ${wanted}, received ${version}`);
  const { author, bugs, homepage, keywords, license, publishConfig, repository: source } = manifest;
  const missing = Object.entries({ author, bugs, homepage, keywords, license, publishConfig, source }).filter(
    ([, value]) => !value,
  );
  if (missing.length > 0) throw new Error(`${name}: package.json lacks ${missing.map(([key]) => key).join(', ')}`);
  if (![bugs.url, homepage, source.url].every((address) => address.includes(repository)))
    throw new Error(
      `${name}: expected the addresses of ${repository}, received ${bugs.url}, ${homepage}, ${source.url}`,
    );
  const outside = readFileSync(join(folder, 'README.md'), 'utf8').match(/\]\(\.\.[^)]*\)/);
  if (outside) throw new Error(`${name}: README.md leads out of the package: ${outside[0]}`);
  if (!readFileSync(join(folder, 'CHANGELOG.md'), 'utf8').includes(`## ${wanted}`))
    throw new Error(`${name}: CHANGELOG.md has nothing of ${wanted}`);
}
