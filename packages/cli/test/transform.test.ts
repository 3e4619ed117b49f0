import { readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nameFittedImages } from '../src/network/print-scores';
import { jsonLines, makeFolder, makePictures, remove } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));

beforeAll(async () => {
  await makePictures(`${folder}/images`, 12);
  await aeOk(folder, 'import', 'images', 'images.lmdb');
}, 60_000);

test('a network without masks is trained and scored once, without mentioning masks', async () => {
  const preset = ['--preset', 'transform', '--code-size', '24', '--epochs', '1', '--no-report', '--json'];
  const events = jsonLines(await aeOk(folder, 'train', 'images.lmdb', ...preset, '--out', 'run'));
  expect(events).toContainEqual({ event: 'first-weights', images: 12, of: 12 });
  // These images repeat, so that five numbers describe them completely.
  expect(events.at(-2)).toMatchObject({
    ...{ event: 'comparison', codeNumbers: 24, components: 5, count: 12, pcaFittedOn: 12, trainedOn: true },
    ...{ psnrDb: 100, pcaPsnrDb: 100, gainDb: 0 },
  });
  const text = await aeOk(folder, 'test', 'run', 'images.lmdb');
  expect(text.match(/PSNR|pooled/g)).toEqual(['PSNR', 'pooled']);
  expect(text).toMatch(/^ {2}bytes +96 code, 768 image$/m);
  expect(text).not.toContain('masks');
  expect(readFileSync(`${folder}/run/test-1/report.html`, 'utf8')).not.toContain('masks');
  // PCA and thumbnails are compared by default, unless turned off or the images are gone.
  expect(text).toMatch(
    /^at 96 bytes per image, the size of the code:\n {2}autoencoder +[\d.]+ dB\n {2}PCA, \d+ numbers +[\d.]+ dB\n/m,
  );
  expect(text).toMatch(/^ {2}thumbnail of 2x4 +[\d.]+ dB$/m);
  expect(text).toContain('PCA was fitted to 12 training images\n');
  expect(await aeOk(folder, 'test', 'run', 'images.lmdb', '--no-baselines')).not.toContain('PCA');
  await rename(`${folder}/images.lmdb`, `${folder}/moved.lmdb`);
  const moved = await ae(folder, 'test', 'run', 'moved.lmdb');
  expect(moved.stderr).toMatch(
    /^note: PCA is left out\. \S+images\.lmdb, which contains the images of run, does not exist; .*--baselines <train\.lmdb>\.$/m,
  );
  expect(moved.stderr).toContain('note: the network was trained on these very images');
  expect(moved.stdout).toContain('not compared: PCA: there are no training images to fit it to.');
  await rename(`${folder}/moved.lmdb`, `${folder}/images.lmdb`);
});

test('PCA fitted to a part of the images says how many there are', () => {
  const text = '2,048 of the 3,290 training images, evenly spaced';
  expect(nameFittedImages({ pcaFittedOn: 2048, pcaFittedOf: 3290 })).toBe(text);
  expect(nameFittedImages({ pcaFittedOn: 2048, pcaFittedOf: 3290, pcaMirrored: true })).toBe(
    `${text}, and their mirror images`,
  );
});

test('training ends with a comparison of the network with PCA, and with what to try', async () => {
  const train = ['train', 'images.lmdb', '--val', 'images.lmdb', '--code-size', '4', '--epochs', '1', '--no-report'];
  const text = await aeOk(folder, ...train, '--mirror', '--out', 'loses');
  expect(text).toMatch(
    /^[\d.]+ dB below PCA on 12 validation images: the network reaches [\d.]+ dB with 4 numbers and each image's own masks, PCA reaches [\d.]+ dB with 4; try --preset transform\ntrained in /m,
  );
  expect(await aeOk(folder, ...train, '--no-pca', '--out', 'silent')).not.toContain('PCA');
  const unfair = ['train', 'images.lmdb', '--code-size', '4', '--epochs', '1', '--no-report', '--out', 'unfair'];
  expect(await aeOk(folder, ...unfair)).toMatch(
    /below PCA on 12 training images, which both have seen: .*; this comparison means little; for a fair one, name other images with --val$/m,
  );
  // If a report is made, which compares them as well, the line agrees with it.
  const comparisonOf = async (...args: string[]) =>
    jsonLines(await aeOk(folder, ...args, '--json')).find(({ event }) => event === 'comparison');
  const alone = await comparisonOf(...train, '--mirror', '--out', 'alone');
  const reported = await comparisonOf(...train.slice(0, -1), '--mirror', '--out', 'reported');
  for (const key of ['psnrDb', 'pcaPsnrDb', 'gainDb']) expect(reported?.[key]).toBeCloseTo(alone?.[key] as number, 6);
  expect(reported).toEqual({
    ...alone,
    psnrDb: reported?.psnrDb,
    pcaPsnrDb: reported?.pcaPsnrDb,
    gainDb: reported?.gainDb,
  });
});

test('its variational and denoising forms are trained, and images are drawn from the variational one', async () => {
  const flags = [
    '--variational',
    '--beta',
    '0.002',
    '--beta-warm-up-fraction',
    '0.2',
    '--free-bits',
    '0.01',
    '--noise',
    '8',
  ];
  const preset = ['--preset', 'transform', '--code-size', '12', '--epochs', '1', '--no-report', '--json'];
  const events = jsonLines(await aeOk(folder, 'train', 'images.lmdb', ...preset, ...flags, '--out', 'gaussian'));
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'epoch', divergence: expect.any(Number), activeNumbers: expect.any(Number) }),
  );
  expect(await aeOk(folder, 'sample', 'gaussian', 'like.png', '--count', '4')).toContain('like the codes of ');
  expect(await aeOk(folder, 'sample', 'gaussian', 'prior.png', '--count', '4', '--prior')).toMatch(
    /drawn with seed 0$/m,
  );
});

test.each([
  [['--init', 'torch'], /^ae train: --init: preset transform starts from a linear code and has no scheme "torch"; /],
])('preset transform refuses %j', async (flags, message) => {
  const { code, stderr } = await ae(folder, 'train', 'images.lmdb', '--preset', 'transform', ...flags, '--out', 'x');
  expect(stderr).toMatch(message);
  expect(code).toBe(1);
});

test('a network accepts images of other sizes than it was trained on, several in one database', async () => {
  const preset = ['--preset', 'transform', '--code-size', '24', '--epochs', '1', '--no-report'];
  await aeOk(folder, 'train', 'images.lmdb', ...preset, '--out', 'small');
  await makePictures(`${folder}/mixed/a`, 2, 16);
  await makePictures(`${folder}/mixed/b`, 1, 35);
  await aeOk(folder, 'import', 'mixed', 'mixed.lmdb');
  const text = await aeOk(folder, 'test', 'small', 'mixed.lmdb', '--save-prefix', 'mixed-test');
  expect(text).toMatch(/^ {2}sizes +3x16x16 \(2 images\): code of 1x1x24, 24 numbers$/m);
  expect(text).toMatch(/^ +3x35x35 \(1 image\): code of 3x3x24, 216 numbers$/m);
  expect(text).toMatch(/^ {2}bytes +352 code, 1,737 image, on average$/m);
  expect(text).toContain("not compared with PCA, JPEG and thumbnails, which need images of the network's size, 16x16");
  const encoded = await aeOk(folder, 'encode', 'small', 'mixed.lmdb', 'codes');
  expect(encoded).toContain('3 codes of 24 numbers per block of an image');
  // Version 1.0 of NumPy's format: the header ends at the first newline.
  const header = readFileSync(`${folder}/codes/codes.npy`, 'latin1').split('\n')[0];
  expect(header).toContain("'shape': (11, 24)");
  const shapes = readFileSync(`${folder}/codes/shapes.npy`);
  const values = new Int32Array(new Uint8Array(shapes.subarray(-48)).buffer);
  expect([...values]).toEqual([...[1, 1, 16, 16], ...[1, 1, 16, 16], ...[3, 3, 35, 35]]);
  const other = await ae(folder, 'neighbors', 'small', 'mixed.lmdb', '0');
  expect(other.stderr).toMatch(/^ae neighbors: mixed\.lmdb: key .*: expected 3x16x16 \(channels x height x width\), /);
});

test('ae test resizes images to --resize, which PCA and JPEG need, and refuses it for an LMDB', async () => {
  await makePictures(`${folder}/larger`, 3, 35);
  const text = await aeOk(folder, 'test', 'small', 'larger', '--resize', '16', '--save-prefix', 'resized-test');
  expect(text).toMatch(/^ {2}sizes +3x16x16: code of 1x1x24, 24 numbers$/m);
  expect(text).toMatch(/^ {2}PCA, \d+ numbers +[\d.]+ dB$/m);
  const asTheyAre = await aeOk(folder, 'test', 'small', 'larger', '--no-report', '--save-prefix', 'own-sizes-test');
  expect(asTheyAre).toMatch(/^ {2}sizes +3x35x35: /m);
  const { code, stderr } = await ae(folder, 'test', 'small', 'mixed.lmdb', '--resize', '16');
  expect(stderr).toBe(
    'ae test: --resize: mixed.lmdb is an LMDB, which is read at its own size; use ae resize mixed.lmdb <out.lmdb> 16x16.\n',
  );
  expect(code).toBe(1);
});

test('images of several sizes are compared at the size of the network or of --resize', async () => {
  const near = await aeOk(folder, 'neighbors', 'small', 'mixed', '0', '--count', '1');
  expect(near).toMatch(/nearest first by euclidean distance:\n.*disc-00\d/);
  await aeOk(folder, 'interpolate', 'small', 'mixed', '0', '2', 'between.png', '--scale', '1');
  expect(await aeOk(folder, 'encode', 'small', 'mixed', 'alike', '--resize', '16')).toMatch(
    /^alike: 3 codes of 24 numbers, 1x1x24$/m,
  );
});

test('training that diverges says how to train the same network with a smaller learning rate', async () => {
  const flags = ['--val', 'images.lmdb', '--preset', 'transform', '--code-size', '6', '--epochs', '1', '--no-report'];
  const { code, stderr } = await ae(folder, 'train', 'images.lmdb', ...flags, '--lr', '1e9', '--out', 'wild');
  expect(code).not.toBe(0);
  const advice = /train again with a smaller learning rate: ae (.*)/.exec(stderr)?.[1].split(' ') ?? [];
  expect(advice.slice(-2)).toEqual(['--learning-rate', '100000000']);
  const text = await aeOk(folder, ...advice.slice(0, -1), '0.002', '--no-report');
  expect(text).toMatch(/transform, code of 6,.*PCA on 12 validation images/s);
});

test('the nearest possible code size is printed, and the disk space of a large run', async () => {
  await makePictures(`${folder}/large`, 3, 70);
  await aeOk(folder, 'import', 'large', 'large.lmdb');
  const flags = ['--code-size', '601', '--epochs', '1', '--no-report', '--keep', '1000', '--json'];
  const result = await ae(folder, 'train', 'large.lmdb', '--preset', 'transform', ...flags, '--out', 'large-run');
  const events = jsonLines(result.stdout);
  expect(events).toContainEqual(expect.objectContaining({ event: 'large-run', checkpoints: 1001 }));
  const network = expect.stringContaining('transform, code of 600 (the closest possible to 601), ');
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'start', network, codeSize: 600, codeSizeWanted: 601 }),
  );
  const [{ message }] = jsonLines(result.stderr);
  expect(message).toMatch(
    /^the folder of this run will grow to about 5.73 GB: a network of [\d,]+ weights, in 1001 checkpoints of 5.72 MB each; to save space, use smaller images \(ae resize, --crop\), a smaller --code-size, or --keep 1\.$/,
  );
});
