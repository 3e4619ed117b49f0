/** Repeats runs from their config.json. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, makePictures, remove } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
const quick = ['--no-report', '--no-pca', '--threads', '1'];
const network = ['--preset', 'torch7', '--code-size', '6'];

function weights(run: string): Buffer {
  return readFileSync(path.join(folder, run, 'model', 'weights.bin'));
}

function configOf(run: string) {
  return JSON.parse(readFileSync(path.join(folder, run, 'config.json'), 'utf8'));
}

beforeAll(async () => {
  process.env.AE_CACHE = path.join(folder, 'cache');
  await makePictures(path.join(folder, 'photos'), 12, 20);
  const said = ['-e', '1', '-b4', '--lr=0.01', '-s', '7', '-r16', '--fit', 'crop', '--mirror', '--set', 'epsilon=1e-7'];
  await aeOk(folder, 'train', 'photos', '--val', '0.25', ...said, ...network, ...quick, '-o', 'first');
});
afterAll(() => remove(folder));

describe('ae train --config', () => {
  test('repeats a run bit for bit, and the repeated run can be repeated as well', async () => {
    await aeOk(folder, 'train', '--config', 'first/config.json', ...quick, '-o', 'second');
    await aeOk(folder, 'train', '--config', 'second', ...quick, '-o', 'third');
    for (const run of ['second', 'third']) {
      expect(weights(run).equals(weights('first'))).toBe(true);
      const { command, ...config } = configOf(run);
      expect({ ...config, command: '' }).toEqual({ ...configOf('first'), command: '' });
    }
    expect(configOf('second').command).toBe(
      `ae train --config first/config.json ${quick.join(' ')} --out second --val 0.25 --resize 16 --fit crop`,
    );
  });

  test('saves the long names of flags in the command, which are read again', () => {
    expect(configOf('first').command).toContain(
      '--epochs 1 --batch-size 4 --learning-rate 0.01 --seed 7 --resize 16 --fit',
    );
  });

  test('flags given with it take precedence', async () => {
    await aeOk(folder, 'train', '--config', 'first', '-e', '2', '--lr', '0.02', '-s', '8', ...quick, '-o', 'changed');
    const { options, seed, network, data } = configOf('changed');
    const before = configOf('first');
    const optimizer = { ...before.options.optimizer, learningRate: 0.02 };
    expect(options).toEqual({ ...before.options, epochs: 2, optimizer });
    expect(seed).toBe(8);
    // The new seed determines the weights and the held-out images.
    expect(network).toEqual({ ...before.network, initialization: { ...before.network.initialization, seed: 8 } });
    expect(data.validation.count).toBe(before.data.validation.count);
  });

  test('repeats a run with preset transform, with the same number of coefficients', async () => {
    const transform = ['--preset', 'transform', '--code-size', '6', '--coefficients', '40'];
    await aeOk(
      folder,
      'train',
      'photos',
      '--val',
      '0.25',
      '-e1',
      '-b4',
      '-r16',
      ...transform,
      ...quick,
      '-o',
      'blocks',
    );
    await aeOk(folder, 'train', '--config', 'blocks', ...quick, '-o', 'blocks-again');
    expect(weights('blocks-again').equals(weights('blocks'))).toBe(true);
    await aeOk(folder, 'train', '--config', 'blocks', '-c', '50', ...quick, '-o', 'larger');
    expect(configOf('larger').network).toMatchObject({ preset: 'transform', codeSize: 50 });
    expect(configOf('larger').network).not.toHaveProperty('coefficients');
  });

  test('repeats a run with preset transform on crops, which it analyzes before training', async () => {
    const crops = ['-r40', '--crop', '32', '--preset', 'transform', '-c', '20'];
    await aeOk(folder, 'train', 'photos', '-e1', '-b4', ...crops, ...quick, '-o', 'crops');
    await aeOk(folder, 'train', '--config', 'crops', ...quick, '-o', 'crops-again');
    expect(weights('crops-again').equals(weights('crops'))).toBe(true);
  });

  test('repeats a run that started from the weights of another', async () => {
    const from = ['--from', 'first', '--checkpoint', 'last', '-e', '1', '--seed', '3'];
    await aeOk(folder, 'train', 'photos', ...from, ...quick, '-o', 'from');
    await aeOk(folder, 'train', '--config', 'from', ...quick, '-o', 'from-again');
    expect(weights('from-again').equals(weights('from'))).toBe(true);
  });

  const mistakes: [change: (text: string) => string, message: string][] = [
    [() => '{', ' is not valid JSON.'],
    [
      (text) => text.replace('"batchSize"', '"batchsize"'),
      ': unknown key "batchsize" in options; expected one of batchSize,',
    ],
    [(text) => text.replace('"seed"', '"Seed"'), ': unknown key "Seed"; expected one of version,'],
    [
      (text) => text.replace('"batchSize": 4', '"batchSize": 0'),
      ': options.batchSize is 0, not a whole number of at least 1',
    ],
    [
      (text) => text.replace('"beta1"', '"betta1"'),
      ': options.optimizer: unknown option "betta1"; expected one of name,',
    ],
    [
      (text) => text.replace('"learningRate": 0.01', '"learningRate": -1'),
      ': options.optimizer.learningRate: expected a number of at least 0, received -1.',
    ],
    [
      (text) => text.replace('"preset": "torch7"', '"preset": "torch8"'),
      ': network.preset is "torch8", not one of mirror,',
    ],
  ];
  test.each(mistakes)('names the file and the key of what is wrong (%#)', async (change, message) => {
    const text = readFileSync(path.join(folder, 'first', 'config.json'), 'utf8');
    writeFileSync(path.join(folder, 'wrong.json'), change(text));
    const { code, stderr } = await ae(folder, 'train', '--config', 'wrong.json');
    expect(code).toBe(1);
    expect(stderr).toContain(`ae train: wrong.json${message}`);
  });

  test('says which file is missing, and which options cannot be combined', async () => {
    const missing = await ae(folder, 'train', '--config', 'nowhere.json');
    expect(missing.stderr).toBe('ae train: nowhere.json does not exist; name the config.json of a run.\n');
    const both = await ae(folder, 'train', '--config', 'first', '--resume', 'first');
    expect(both.stderr).toBe('ae train: --config cannot be combined with --resume; leave one out.\n');
  });
});
