/**
 * Programs in TypeScript that use the packages: strict, by each way of resolving modules that TypeScript has, with `skipLibCheck: false` and
 * without @types/node, and every entry of every package imported. What TypeScript says of others' declarations
 * (TensorFlow.js', WebGPU's) is theirs.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '../installs/processes.mjs';
import { installPackages, laneFolder } from '../lane.mjs';

/** From the oldest that can read the declarations (`Uint8Array<ArrayBuffer>`) to the newest 5.x. */
const VERSIONS = ['5.7.3', '5.9.3'];

const RESOLUTIONS = [
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
];

/** Type-checks the programs in a project that has the packages and TensorFlow.js. */
export async function checkTypes(project, tarballs) {
  const entries = tarballs.flatMap(({ manifest: { name, exports = {} } }) =>
    Object.keys(exports)
      .filter((path) => !path.endsWith('.json'))
      .map((path) => `${name}${path.slice(1)}`),
  );
  const imports = entries.map((entry, i) => `import * as entry${i} from '${entry}';\nvoid entry${i};\n`).join('');
  for (const file of ['entries.mts', 'entries.cts']) writeFileSync(join(project, file), imports);
  writeFileSync(join(project, 'program.mts'), program);
  writeFileSync(join(project, 'program.cts'), program.replace('export async', 'async').concat('export = run;\n'));
  for (const version of VERSIONS) {
    const folder = laneFolder(`packages/typescript-${version}`);
    installPackages(folder, [`typescript@${version}`]);
    for (const resolution of RESOLUTIONS)
      await check(project, join(folder, 'node_modules/typescript/bin/tsc'), resolution, version);
  }
}

async function check(project, tsc, resolution, version) {
  const compilerOptions = {
    ...{ target: 'es2022', lib: ['es2023', 'dom', 'esnext.disposable'], types: [], strict: true, skipLibCheck: false },
    ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true, ...resolution },
  };
  const name = `tsconfig.${resolution.moduleResolution}.json`;
  const include = resolution.moduleResolution === 'bundler' ? ['*.mts'] : ['*.mts', '*.cts'];
  writeFileSync(join(project, name), JSON.stringify({ compilerOptions, include }));
  const output = await execute(['node', tsc, '-p', name, '--pretty', 'false'], { cwd: project }).catch(
    ({ message }) => message,
  );
  const errors = output
    .split('\n')
    .filter((line) => /: error TS\d+/.test(line) && /^(node_modules\/@ae\/|program|entries)/.test(line));
  if (errors.length > 0)
    throw new Error(`TypeScript ${version}, ${resolution.moduleResolution}:\n${errors.join('\n')}`);
  console.log(`TypeScript ${version}: ${resolution.moduleResolution}`);
}

/** Which types come out of the usual calls; an `any` among them would not be assignable both ways. */
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
    same<(typeof data)[number] | undefined, number | undefined>(true);
    same<(typeof labels)[number] | undefined, number | undefined>(true);
  }
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
