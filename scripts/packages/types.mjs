/**
 * TypeScript programs that use the packages: strict, with each of TypeScript's ways of resolving modules, with `skipLibCheck: false` and
 * without @types/node, importing every entry of every package. Errors in other packages' declarations (those of TensorFlow.js and WebGPU)
 * are ignored; packages that need none of them must be free of errors altogether.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '../installs/processes.mjs';
import { installPackages, laneFolder } from '../lane.mjs';

/**
 * From the oldest version that can read the declarations (`Uint8Array<ArrayBuffer>`) to the newest, with the ways of resolving modules for
 * each: a compilation takes ten seconds of processor time.
 */
const VERSIONS = {
  '5.7.3': ['node16', 'bundler'],
  '5.9.3': ['nodenext'],
  '6.0.3': ['node16', 'nodenext', 'bundler'],
  '7.0.2': ['nodenext'],
};

const RESOLUTIONS = [
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
];

const strict = {
  ...{ target: 'es2022', lib: ['es2023', 'dom'], types: [], strict: true, skipLibCheck: false },
  ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true },
};

/** Type-checks the programs in a project that has the packages and TensorFlow.js. */
export async function checkTypes(project, tarballs) {
  const manifests = tarballs.map(({ manifest }) => manifest);
  const alone = manifests.filter(({ dependencies = {}, peerDependencies = {} }) =>
    Object.keys({ ...dependencies, ...peerDependencies }).every((name) => !name.startsWith('@tensorflow/')),
  );
  for (const kind of ['mts', 'cts']) {
    writeFileSync(join(project, `entries.${kind}`), importsOf(manifests));
    writeFileSync(join(project, `alone.${kind}`), importsOf(alone.filter(({ exports }) => exports)));
  }
  writeFileSync(join(project, 'program.mts'), program);
  writeFileSync(join(project, 'program.cts'), program.replace('export async', 'async').concat('export = run;\n'));
  for (const [version, ways] of Object.entries(VERSIONS)) {
    const folder = laneFolder(`packages/typescript-${version}`);
    installPackages(folder, [`typescript@${version}`]);
    const tsc = join(folder, 'node_modules/typescript/bin/tsc');
    const resolutions = RESOLUTIONS.filter(({ moduleResolution }) => ways.includes(moduleResolution));
    await Promise.all(resolutions.map((resolution) => check(project, tsc, resolution, version)));
    await checkAlone(project, tsc, version);
  }
}

/** Returns a program that imports all entries of packages. */
function importsOf(manifests) {
  const entries = manifests.flatMap(({ name, exports = {} }) =>
    Object.keys(exports)
      .filter((path) => !path.endsWith('.json'))
      .map((path) => `${name}${path.slice(1)}`),
  );
  return entries.map((entry, i) => `import * as entry${i} from '${entry}';\nvoid entry${i};\n`).join('');
}

async function check(project, tsc, resolution, version) {
  const isBundler = resolution.moduleResolution === 'bundler';
  const include = ['entries.mts', 'program.mts', ...(isBundler ? [] : ['entries.cts', 'program.cts'])];
  const output = await compile(project, tsc, resolution.moduleResolution, { ...strict, ...resolution }, include);
  const errors = output.filter((line) => /^(node_modules\/@ae\/|program|entries)/.test(line));
  if (errors.length > 0)
    throw new Error(`TypeScript ${version}, ${resolution.moduleResolution}:\n${errors.join('\n')}`);
  console.log(`TypeScript ${version}: ${resolution.moduleResolution}`);
}

/** Checks the packages that do not need TensorFlow.js, and all declarations that they need. */
async function checkAlone(project, tsc, version) {
  const [, nodenext] = RESOLUTIONS;
  const errors = await compile(project, tsc, 'alone', { ...strict, ...nodenext }, ['alone.mts', 'alone.cts']);
  if (errors.length > 0) throw new Error(`TypeScript ${version}, without TensorFlow.js:\n${errors.join('\n')}`);
}

/**
 * Returns the errors of a compilation, one per line.
 *
 * @throws {Error} if it did not get that far
 */
async function compile(project, tsc, name, compilerOptions, include) {
  const file = `tsconfig.${name}.json`;
  writeFileSync(join(project, file), JSON.stringify({ compilerOptions, include }));
  try {
    await execute(['node', tsc, '-p', file, '--pretty', 'false'], { cwd: project });
    return [];
  } catch (error) {
    const lines = error.message.split('\n').filter((line) => /error TS\d+/.test(line));
    if (lines.length === 0 || lines.some((line) => line.startsWith('error TS'))) throw error;
    return lines;
  }
}

/** The types that common calls return; an `any` among them would be assignable both ways. */
const program = `import { Autoencoder, useBackend } from '@ae/autoencoder';
import { psnrDb } from '@ae/autoencoder/scores';
import { imageFolder, readImage, type RawImage } from '@ae/images';
import { maxUnpool } from '@ae/layers';
import { convertImageset, openDatumLmdb } from '@ae/lmdb-datum';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
const same = <A, B>(_: Same<A, B>): void => undefined;

export async function run(): Promise<void> {
  const { records } = await convertImageset({ input: 'photos', output: 'out.lmdb', resizeHeight: 32, resizeWidth: 32 });
  same<typeof records, number>(true);
  const reader = openDatumLmdb('out.lmdb');
  for await (const { data, labels } of reader.batches({ batchSize: 4, scale: 1 / 256 })) {
    same<typeof data, Float32Array>(true);
    same<typeof labels, Int32Array>(true);
  }
  for await (const { data } of reader.batches({ batchSize: 4, dtype: 'uint8' })) same<typeof data, Uint8Array>(true);
  const engine = await useBackend('wasm');
  same<typeof engine.name extends string ? true : false, true>(true);
  const network = new Autoencoder({ inputShape: [32, 32, 3], codeSize: 16 });
  await network.initialize({ seed: 1 });
  await network.train(reader, { epochs: 1, batchSize: 4 });
  const image = await readImage('photo.jpg');
  same<typeof image, RawImage>(true);
  const reconstruction = await network.reconstruct(image);
  const png: Uint8Array = await reconstruction.toPng();
  same<ReturnType<typeof psnrDb>, number>(true);
  // @ts-expect-error An option that is misspelled.
  new Autoencoder({ inputShape: [32, 32, 3], codeSise: 16 });
  void [png, maxUnpool, imageFolder('photos').length];
}
`;
