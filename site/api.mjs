/** Writes the API reference of the packages as Markdown, by typedoc: site/pages/api/<package>/, a page for each entry of its package.json. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter } from 'typedoc';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Packages that export anything, and the sources of their entries by the entries' names. */
const packages = {
  autoencoder: (entry) => (entry === '.' ? 'index' : `entries/${entry.slice(2)}`),
  layers: (entry) => sources[entry] ?? (entry === '.' ? 'index' : entry.slice(2)),
  'lmdb-datum': (entry) => (entry === '.' ? 'index' : entry.slice(2)),
  images: (entry) => (entry === '.' ? 'index' : entry.slice(2)),
};

/** Entries of @ae/layers whose source is the index of a folder. */
const sources = Object.fromEntries(
  ['tensorflow', 'wasm', 'webgl', 'webgpu'].map((name) => [`./backends/${name}`, `backends/${name}/index`]),
);

async function writeReference(name, sourceOf) {
  const folder = path.join(root, 'packages', name);
  const { exports } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: path.join(root, 'site/pages/api', name) }],
    name: `@ae/${name}`,
    entryPoints: entries.map((entry) => path.join(folder, 'src', `${sourceOf(entry)}.ts`)),
    tsconfig: path.join(folder, 'tsconfig.json'),
    readme: 'none',
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    githubPages: false,
    skipErrorChecking: true, // typecheck does that
    validation: { invalidLink: true, notExported: false, notDocumented: false },
    treatWarningsAsErrors: true,
    logLevel: 'Warn',
    // Of the plugin: a page for each entry, and no HTML that Vue would take for components.
    router: 'module',
    entryFileName: 'index',
    hideBreadcrumbs: true,
    hidePageHeader: true,
    sanitizeComments: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    enumMembersFormat: 'table',
  });
  const nameOf = new Map(
    entries.map((entry) => [sourceOf(entry).replace(/\/index$/, ''), `@ae/${name}${entry.slice(1)}`]),
  );
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = nameOf.get(module.name) ?? module.name;
  });
  const project = await app.convert();
  if (!project) return false;
  await app.generateOutputs(project);
  return !app.logger.hasErrors() && !app.logger.hasWarnings();
}

for (const [name, sourceOf] of Object.entries(packages)) {
  if (!(await writeReference(name, sourceOf))) process.exit(1);
}
