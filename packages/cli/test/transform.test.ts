import { afterAll, beforeAll, expect, test } from 'vitest';
import { ae, aeOk, jsonLines, makeFolder, makePictures, remove } from './ae';

const folder = makeFolder();
afterAll(() => remove(folder));

beforeAll(async () => {
  await makePictures(`${folder}/images`, 12);
  await aeOk(folder, 'import', 'images', 'images.lmdb');
}, 60_000);

test('a network without masks is trained, and scored once, with no word of masks', async () => {
  const preset = ['--preset', 'transform', '--code-size', '24', '--epochs', '1', '--no-report', '--json'];
  const events = jsonLines(await aeOk(folder, 'train', 'images.lmdb', ...preset, '--out', 'run'));
  expect(events).toContainEqual({ event: 'first-weights', images: 12, of: 12 });
  const text = await aeOk(folder, 'test', 'run', 'images.lmdb', '--baselines');
  expect(text.match(/PSNR|pooled/g)).toEqual(['PSNR', 'pooled']);
  expect(text).toMatch(/^ {2}bytes +96 code, 768 image$/m);
  expect(text).not.toContain('masks');
});

test.each([
  [['--variational'], /^ae train: --variational: preset transform has no variational form; /],
  [['--init', 'torch'], /^ae train: --init: preset transform begins with a linear code and has none of "torch"; /],
])('preset transform refuses %j', async (flags, message) => {
  const { code, stderr } = await ae(folder, 'train', 'images.lmdb', '--preset', 'transform', ...flags, '--out', 'x');
  expect(stderr).toMatch(message);
  expect(code).toBe(1);
});
