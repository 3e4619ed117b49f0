/** Writes the API reference of the packages as Markdown, by typedoc: site/pages/api/<package>/, a page for each entry of its package.json. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter } from 'typedoc';
import { entriesOf } from '../scripts/docs/entries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const packages = ['autoencoder', 'layers', 'lmdb-datum', 'images'];

async function writeReference(name) {
  const folder = path.join(root, 'packages', name);
  const entries = entriesOf(name);
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: path.join(root, 'site/pages/api', name) }],
    name: `@ae/${name}`,
    entryPoints: [...entries.values()],
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
  // Typedoc names a module by its path from the folder that all entries have in common.
  const common = commonFolder([...entries.values()]);
  const nameOf = new Map([...entries].map(([entry, file]) => [moduleName(common, file), entry]));
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = nameOf.get(module.name) ?? module.name;
  });
  const project = await app.convert();
  if (!project) return false;
  await app.generateOutputs(project);
  return !app.logger.hasErrors() && !app.logger.hasWarnings();
}

function commonFolder(files) {
  const [first, ...others] = files.map((file) => path.dirname(file));
  let folder = first;
  while (!others.every((other) => `${other}/`.startsWith(`${folder}/`))) folder = path.dirname(folder);
  return folder;
}

function moduleName(folder, file) {
  return path
    .relative(folder, file)
    .replace(/\.ts$/, '')
    .replace(/\/index$/, '');
}

for (const name of packages) if (!(await writeReference(name))) process.exit(1);
