import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ae, aeOk, jsonLines, makeFolder, makeLmdb, makePictures, plainDatum, remove, startAe } from './ae';

const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);
const readConfig = (run: string) => JSON.parse(readFileSync(inFolder(run, 'config.json'), 'utf8'));

beforeAll(async () => {
  await makePictures(inFolder('photos'), 12);
  await aeOk(folder, 'import', 'photos', 'photos.lmdb');
}, 60_000);

describe('a run', () => {
  test('contains its command, metrics, checkpoints, pictures, network and report', async () => {
    const args = [
      'train',
      'photos.lmdb',
      '--val',
      'photos.lmdb',
      '--epochs',
      '2',
      '--batch-size',
      '4',
      '--out',
      'a run',
    ];
    await aeOk(folder, ...args, '--checkpoint-every', '1', '--keep', '3');
    expect(readConfig('a run')).toMatchObject({
      command:
        "ae train photos.lmdb --val photos.lmdb --epochs 2 --batch-size 4 --out 'a run' --checkpoint-every 1 --keep 3",
      data: { train: { name: 'photos.lmdb', count: 12 }, validation: { name: 'photos.lmdb' } },
    });
    expect(readdirSync(inFolder('a run'))).toEqual(
      expect.arrayContaining(['config.json', 'metrics.csv', 'metrics.jsonl', 'model', 'samples', 'tensorboard']),
    );
    const saved = readdirSync(inFolder('a run', 'checkpoints')).filter((name) => name.endsWith('.safetensors'));
    expect(saved.length).toBeGreaterThanOrEqual(3);
    expect(saved.length).toBeLessThanOrEqual(4);
    const page = readFileSync(inFolder('a run', 'report.html'), 'utf8');
    expect(page).toContain('ae train photos.lmdb --val photos.lmdb --epochs 2 --batch-size 4 --out ');
    expect(page).toContain('id="baselines"');
  });

  test('accepts every part of a recipe', async () => {
    await aeOk(folder, 'import', 'photos', 'larger.lmdb', '--resize', '20');
    const text = await aeOk(
      folder,
      ...[
        'train',
        'larger.lmdb',
        '--json',
        '--no-report',
        '--out',
        'parts',
        '--recipe',
        'plain',
        '--epochs',
        '1',
        '--crop',
        '16',
      ],
      ...[
        '--optimizer',
        'sgd',
        '--learning-rate',
        '1e-3',
        '--momentum',
        '0.5',
        '--accumulate',
        '2',
        '--batch-size',
        '3',
      ],
      ...['--schedule', 'multistep', '--gamma', '0.5', '--step-values', '1,2', '--loss', 'mae', '--mirror'],
      ...['--noise', '0.1', '--clip-norm', '1', '--average-decay', '0.9', '--early-stopping', '2', '--tied-weights'],
      ...['--init', 'torch', '--init-seed', '7', '--code-size', '6', '--no-shuffle'],
    );
    expect(jsonLines(text)[0]).toMatchObject({ inputShape: [16, 16, 3], codeSize: 6 });
    const { options, network } = readConfig('parts');
    expect(network).toMatchObject({ codeSize: 6, initialization: { seed: 7, scheme: 'torch' } });
    expect(options).toMatchObject({
      optimizer: { name: 'sgd', learningRate: 1e-3, momentum: 0.5 },
      schedule: { policy: 'multistep', gamma: 0.5, stepValues: [1, 2] },
      ...{ accumulate: 2, batchSize: 3, shuffle: false, clipNorm: 1, averageDecay: 0.9, tiedWeights: true },
      loss: { name: 'mae' },
      augmentation: { mirror: true, crop: true, noise: 0.1 },
      earlyStopping: { patience: 2 },
    });
  });

  test("follows the original's loop: records, passes over them, one image per update", async () => {
    const args = ['--recipe', 'torch7', '--preset', 'torch7', '--records', '3', '--iters', '2', '--epochs', '2'];
    const events = jsonLines(
      await aeOk(folder, 'train', 'photos.lmdb', '--json', '--out', 'torch', ...args, '--learning-rate-decay', '0.1'),
    );
    // Without validation images, the training images are shown.
    expect(events.at(-1)).toMatchObject({ event: 'saved', report: path.join('torch', 'report.html') });
    expect(events.filter(({ event }) => event === 'pass')).toHaveLength(4);
    expect(events.findLast(({ event }) => event === 'epoch')).toMatchObject({ epoch: 2 });
    expect(readConfig('torch')).toMatchObject({
      options: {
        batchSize: 1,
        records: { perEpoch: 3, passes: 2 },
        optimizer: { name: 'sgd', learningRate: 0.01 },
        schedule: { policy: 'torch7', learningRateDecay: 0.1 },
      },
      network: { initialization: { scheme: 'torch' } },
    });
  });
});

describe.skipIf(process.platform === 'win32')('ae train --resume', () => {
  const options = ['--epochs', '20', '--batch-size', '2', '--checkpoint-every', '5', '--noise', '0.05'];

  test('continues where SIGTERM ended it, bit for bit; a changed option is refused by name', async () => {
    await aeOk(folder, 'train', 'photos.lmdb', ...options, '--no-report', '--out', 'whole');
    const { child, finished } = startAe(['train', 'photos.lmdb', ...options, '--out', 'parted'], folder);
    child.stdout?.on('data', (text) => {
      if (String(text).includes('epoch  3/')) child.kill('SIGTERM');
    });
    const { code, stdout } = await finished;
    expect(code).toBe(143);
    expect(stdout).toMatch(/stopped after step \d+ of 120, in epoch \d+ of 20/);
    expect(stdout).toContain('continue: ae train --resume parted');
    const report = inFolder('parted', 'report.html');
    expect(existsSync(report), 'nobody who stops a training waits for a report').toBe(false);
    expect(stdout).toContain('see the results: ae report parted');

    const changed = await ae(
      folder,
      'train',
      '--resume',
      'parted',
      '--epochs',
      '41',
      '--learning-rate',
      '1',
      '--mirror',
    );
    expect(changed.code).toBe(1);
    for (const difference of [
      '--epochs was 20 and is now 41',
      '--learning-rate was',
      '--mirror was not set and is now true',
    ]) {
      expect(changed.stderr).toContain(difference);
    }
    expect(changed.stderr.trim().split('\n')).toHaveLength(1);

    await aeOk(folder, 'train', '--resume', 'parted');
    const weights = (run: string) => readFileSync(inFolder(run, 'model', 'weights.bin'));
    expect(weights('parted').equals(weights('whole'))).toBe(true);
    expect(existsSync(report)).toBe(true);
    expect(await aeOk(folder, 'train', '--resume', 'parted')).toContain('the run was already finished');
  }, 90_000);
});

describe('a run that was killed before it began', () => {
  test('starts again as --resume says; one that has saved something continues as --out says', async () => {
    mkdirSync(inFolder('early'));
    const early = await ae(folder, 'train', '--resume', 'early');
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toMatch(
      /early has no checkpoint to continue from, .*: ae train <train\.lmdb> --out early\.\n$/,
    );
    const train = ['train', 'photos.lmdb', '--epochs', '1', '--code-size', '8', '--no-report', '--out', 'early'];
    await aeOk(folder, ...train);
    expect((await ae(folder, ...train)).stderr).toContain('continue it with ae train --resume early,');
    await aeOk(folder, 'train', '--resume', 'early', '--no-report');
    const foreign = await ae(folder, 'train', 'photos.lmdb', '--out', 'photos');
    expect(foreign.stderr).toContain('photos already exists and is not a run; choose another folder.');
  }, 60_000);
});

describe('a run without a network of its own', () => {
  const train = ['train', 'photos.lmdb', '--recipe', 'plain', '--batch-size', '6', '--code-size', '8', '--no-report'];

  test('can be reported on, lengthened, and continued with the command that the message names', async () => {
    const wild = ['--optimizer', 'sgd', '--learning-rate', '0.01', '--schedule', 'multistep', '--gamma', '1e9'];
    const diverged = await ae(folder, ...train, ...wild, '--step-values', '4', '--epochs', '9', '--out', 'wild');
    expect(diverged.code).toBe(1);
    const [, advice] = /ae (train --config wild --from wild --learning-rate 0\.001)\n$/.exec(diverged.stderr) ?? [];
    const looked = await ae(folder, 'test', 'wild', 'photos.lmdb', '--no-report');
    expect(looked).toMatchObject({ code: 0 });
    expect(looked.stderr).toMatch(
      /using the network of wild\/checkpoints\/step-0+4-epoch-0002\.safetensors, after step 4/,
    );
    expect(readdirSync(inFolder('wild'))).toContain('test-1');
    await aeOk(folder, 'report', 'wild', '--no-baselines');
    const chosen = await ae(folder, 'encode', 'wild', 'photos.lmdb', 'codes', '--checkpoint', 'last');
    expect(chosen.stderr).toContain('after step 4');
    expect((await ae(folder, 'encode', 'wild', 'photos.lmdb', 'none', '--checkpoint', '3')).stderr).toContain(
      'wild has no checkpoint 3: it has those at step 2, 4;',
    );

    const tame = advice.split(' ').slice(0, 7);
    await aeOk(folder, ...tame, '--recipe', 'plain', '--epochs', '1', '--no-report', '--out', 'tame');
    expect(readConfig('tame')).toMatchObject({ from: inFolder('wild'), options: { epochs: 1 } });
    const longer = await aeOk(folder, 'train', '--resume', 'tame', '--epochs', '2', '--no-report');
    expect(longer).toMatch(/^epoch 2\/2 /m);
    const file = path.join('tame', 'checkpoints', 'step-000000002-epoch-0002.safetensors');
    await aeOk(folder, ...train.slice(0, 2), '--from', file, '--epochs', '1', '--no-report', '--out', 'third');
    const fixed = await ae(folder, 'train', '--resume', 'third', '--epochs', '4');
    expect(fixed.stderr).toMatch(
      /schedule trapezoid\) depends on the total number of epochs, .*: ae train photos\.lmdb --from third\n$/,
    );
    expect((await ae(folder, ...train, '--from', 'tame')).stderr).toContain(
      '--code-size cannot change the network of --from tame',
    );
  }, 120_000);
});

describe('a run whose images were changed', () => {
  const datums = (other?: number) =>
    Array.from({ length: 100 }, (_, i) => {
      const datum = plainDatum(16, 16);
      return {
        ...datum,
        data: Uint8Array.from(datum.data as Uint8Array, (value, j) => value + ((i * j) % 50) + (i === other ? 1 : 0)),
      };
    });

  test('is not resumed, whichever image it is; copied or rewritten images are the same', async () => {
    await makeLmdb(inFolder('plain.lmdb'), datums());
    await makeLmdb(inFolder('again.lmdb'), datums());
    await makeLmdb(inFolder('other.lmdb'), datums(69));
    await aeOk(folder, 'train', 'plain.lmdb', '--epochs', '1', '--code-size', '8', '--no-report', '--out', 'known');
    const resume = (lmdb: string) => ae(folder, 'train', lmdb, '--resume', 'known', '--no-report');
    expect((await resume('other.lmdb')).stderr).toMatch(
      /the training data has different images than when the run was started; .* --from known\n$/,
    );
    cpSync(inFolder('plain.lmdb'), inFolder('moved-copy.lmdb'), { recursive: true });
    for (const lmdb of ['again.lmdb', 'moved-copy.lmdb']) expect(await resume(lmdb)).toMatchObject({ code: 0 });
  }, 60_000);
});

describe('a run used from another folder', () => {
  const elsewhere = inFolder('elsewhere');
  const train = ['train', 'moving.lmdb', '--val', 'moving.lmdb', '--epochs', '1', '--code-size', '8', '--no-report'];

  test('finds its images from any folder, and accepts their new location', async () => {
    cpSync(inFolder('photos.lmdb'), inFolder('moving.lmdb'), { recursive: true });
    mkdirSync(elsewhere);
    await aeOk(folder, ...train, '--out', 'moved');
    const run = inFolder('moved');
    expect(readConfig('moved').data.train).toMatchObject({ name: 'moving.lmdb', path: inFolder('moving.lmdb') });
    expect(await aeOk(elsewhere, 'train', '--resume', run, '--no-report')).toContain('the run was already finished');
    await aeOk(elsewhere, 'report', run);
    expect(readConfig('moved').data.train.name).toBe('moving.lmdb');

    renameSync(inFolder('moving.lmdb'), inFolder('new.lmdb'));
    const lost = await ae(folder, 'train', '--resume', 'moved');
    expect(lost).toMatchObject({ code: 1, stdout: '' });
    expect(lost.stderr).toMatch(
      /moving\.lmdb, which contains the images of moved, does not exist; .*: ae train <train\.lmdb> --resume moved\.\n$/,
    );
    expect((await ae(folder, 'train', 'new.lmdb', '--resume', 'moved')).stderr).toContain(
      '--resume moved --val <val.lmdb>',
    );
    expect((await ae(folder, 'report', 'moved')).stderr).toContain('say where they are now: --data <images>.');
    await aeOk(folder, 'report', 'moved', '--data', 'new.lmdb', '--baselines', 'new.lmdb');
    await aeOk(folder, 'train', 'new.lmdb', '--val', 'new.lmdb', '--resume', 'moved', '--no-report');
    expect(readConfig('moved').data.validation).toMatchObject({ name: 'new.lmdb', path: inFolder('new.lmdb') });
    await aeOk(elsewhere, 'report', run, '--no-baselines');
  }, 90_000);

  test('by a version that saved no paths continues from its own folder as before', async () => {
    await aeOk(folder, 'train', 'photos.lmdb', '--epochs', '1', '--code-size', '8', '--no-report', '--out', 'older');
    const config = readConfig('older');
    delete config.data.train.path;
    writeFileSync(inFolder('older', 'config.json'), JSON.stringify(config));
    await aeOk(folder, 'train', '--resume', 'older', '--no-report');
    expect((await ae(elsewhere, 'train', '--resume', inFolder('older'))).stderr).toContain('say where they are now');
  }, 60_000);
});

describe('ae test and ae report', () => {
  test('score by class and by image, with all masks and against the baselines, and make pages', async () => {
    const train = ['train', 'photos.lmdb', '--val', 'photos.lmdb', '--epochs', '1', '--code-size', '8', '--no-report'];
    for (const out of ['first', 'second']) await aeOk(folder, ...train, '--out', out);
    const { stdout: text, stderr } = await ae(
      folder,
      'test',
      'first',
      'photos.lmdb',
      '--all',
      '--extremes',
      '2',
      '--save-prefix',
      'scores',
    );
    expect(stderr).toContain(
      'note: the network and PCA were trained on these very images, so the scores are too good.',
    );
    expect(text).toMatch(/^ {2}PSNR +[\d.]+ dB \([\d.]+ pooled\), SSIM [\d.-]+, with each image's own masks/m);
    expect(text).toMatch(
      /^at \d+ bytes per image, the size of the code and masks:\n {2}autoencoder, own masks +[\d.]+ dB/m,
    );
    expect(text).toMatch(/^ {2}PCA, \d+ numbers +[\d.]+ dB$/m);
    const scores = JSON.parse(readFileSync(inFolder('scores', 'scores.json'), 'utf8'));
    expect(scores).toMatchObject({ sizes: { codeBytes: 32 }, classes: [{ count: 12 }], baselines: { count: 12 } });
    expect(scores.worst).toHaveLength(2);
    expect(scores.worst[0].psnrDb).toBeLessThan(scores.best[0].psnrDb);
    for (const name of ['scores.csv', 'scores-fixed.csv', 'scores-other.csv']) {
      const [header, ...lines] = readFileSync(inFolder('scores', name), 'utf8').trim().split('\n');
      expect(header).toBe('index,key,label,psnr_db,ssim,ms_ssim,mse,mae');
      expect(lines).toHaveLength(12);
    }
    const page = readFileSync(inFolder('scores', 'report.html'), 'utf8');
    expect(page).toContain('ae train photos.lmdb --val photos.lmdb --epochs 1');

    expect(await aeOk(folder, 'report', 'first', '--no-baselines')).toContain(path.join('first', 'report.html'));
    expect(existsSync(inFolder('first', 'report.html'))).toBe(true);
    const [result] = jsonLines(await aeOk(folder, 'report', 'first', 'second', '--no-baselines', '--json'));
    expect(result).toMatchObject({ output: 'report.html', runs: [{ run: 'first' }, { run: 'second' }] });
    expect(readFileSync(inFolder('report.html'), 'utf8')).toContain('second');
  }, 90_000);
});
