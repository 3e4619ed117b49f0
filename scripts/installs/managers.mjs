/**
 * The package managers that install the packages: where each comes from, how it is configured, and how it and its replacements for Node.js
 * run.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';

const exe = process.platform === 'win32' ? '.exe' : '';
const [node] = [process.execPath];

/**
 * For each: `package` provides it, and `program` is where it is then; `files` are its settings besides .npmrc; `env` has its cache in a
 * folder; `install`, `run` (a program) and `ae` (the command line) are arguments.
 */
export const managers = [
  {
    name: 'npm',
    program: () => ['npm'],
    install: ['install'],
    run: () => [node],
    ae: () => ['npx', '--no-install', 'ae'],
  },
  {
    name: 'pnpm 12',
    package: 'pnpm@12',
    program: (tools) => [binary(tools, '@pnpm', `pnpm${exe}`)],
    files: ({ cache }) => ({ 'pnpm-workspace.yaml': `storeDir: ${cache}\n` }),
    install: ['install'],
    run: () => [node],
    ae: (pnpm) => [...pnpm, 'exec', 'ae'],
  },
  {
    name: 'yarn 1',
    package: 'yarn@1',
    program: (tools) => [node, join(tools, 'node_modules/yarn/bin/yarn.js')],
    env: ({ cache }) => ({ YARN_CACHE_FOLDER: cache }),
    install: ['install', '--non-interactive'],
    run: () => [node],
    ae: (yarn) => [...yarn, '--silent', 'run', 'ae'],
  },
  yarn4('yarn 4', 'node-modules', () => [node]),
  yarn4('yarn 4, plug and play', 'pnp', (yarn) => [...yarn, 'node']),
  {
    name: 'Bun',
    package: 'bun@1',
    program: (tools) => [binary(tools, '@oven', `bin/bun${exe}`)],
    env: ({ cache }) => ({ BUN_INSTALL_CACHE_DIR: cache }),
    install: ['install'],
    run: (bun) => bun,
    ae: (bun) => [...bun, 'run', '--bun', 'ae'],
  },
  {
    name: 'Deno',
    package: 'deno@2',
    program: (tools) => [binary(tools, '@deno', `deno${exe}`)],
    env: ({ cache }) => ({ DENO_DIR: cache, DENO_NO_UPDATE_CHECK: '1', DENO_TLS_CA_STORE: 'system,mozilla' }),
    install: ['install'],
    run: (deno) => [...deno, 'run', '--allow-all'],
    ae: (deno) => [...deno, 'run', '--allow-all', 'npm:@ae/cli/ae'],
  },
];

function yarn4(name, nodeLinker, run) {
  return {
    name,
    package: '@yarnpkg/cli-dist@4',
    program: (tools) => [node, join(tools, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js')],
    files: ({ registry, own, cache }) => ({
      '.yarnrc.yml': JSON.stringify({
        ...{ nodeLinker, globalFolder: cache, enableTelemetry: false, enableImmutableInstalls: false },
        ...{ npmRegistryServer: registry, npmScopes: { ae: { npmRegistryServer: own } } },
        unsafeHttpWhitelist: [own, registry].map((address) => new URL(address).hostname),
      }),
      'yarn.lock': '',
    }),
    env: () => (env.NODE_EXTRA_CA_CERTS ? { YARN_HTTPS_CA_FILE_PATH: env.NODE_EXTRA_CA_CERTS } : {}),
    install: ['install'],
    run,
    ae: (yarn) => [...yarn, 'run', 'ae'],
  };
}

/** Returns a program that npm has chosen for this platform from the packages of a scope; the one for glibc if there are two. */
function binary(tools, scope, file) {
  const folder = join(tools, 'node_modules', scope);
  const names = existsSync(folder) ? readdirSync(folder).sort((a, b) => a.length - b.length) : [];
  const program = names.map((name) => join(folder, name, file)).find((candidate) => existsSync(candidate));
  if (!program) throw new Error(`${join(folder, '*', file)} is missing: there is none for this platform.`);
  return program;
}
