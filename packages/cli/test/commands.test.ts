import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discPixels, jsonLines, makeFolder, makePictures, remove, startAe } from './ae';
import { aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);

beforeAll(async () => {
  await makePictures(inFolder('photos', 'red'), 20);
  await makePictures(inFolder('photos', 'blue'), 4);
}, 60_000);

/** Interleaved RGB bytes of a picture file. */
async function pixelsOf(file: string): Promise<Buffer> {
  return sharp(inFolder(file)).removeAlpha().raw().toBuffer();
}

async function meanColor(file: string): Promise<number[]> {
  const { channels } = await sharp(inFolder(file)).stats();
  return channels.map(({ mean }) => mean);
}

describe('ae import', () => {
  test('labels class folders in order of their names, and reports the result', async () => {
    const report = await aeOk(folder, 'import', 'photos', 'photos.lmdb');
    expect(report).toMatch(/^photos\.lmdb: 24 images of 3x16x16 in \d/);
    expect(report).toContain('classes: 0 blue, 1 red');
    const [info] = jsonLines(await aeOk(folder, 'inspect', 'photos.lmdb', '--json'));
    expect(info).toMatchObject({
      count: 24,
      format: 1,
      firstKey: '00000000_blue/disc-000.png',
      lastKey: '00000023_red/disc-019.png',
      sizes: [{ size: '3x16x16', count: 24 }],
      encodings: [{ encoding: 'raw bytes', count: 24 }],
      labels: { distinct: 2, min: 0, max: 1, without: 0 },
      damaged: [],
    });
  });

  test('takes a list file, whose names are relative to its folder', async () => {
    writeFileSync(inFolder('photos', 'list.txt'), 'red/disc-001.png 7\nblue/disc-000.png -2\n');
    const [report] = jsonLines(
      await aeOk(
        folder,
        'import',
        'photos/list.txt',
        'list.lmdb',
        '--resize',
        '8x12',
        '--encode-type',
        'jpg',
        '--json',
      ),
    );
    expect(report).toMatchObject({ output: 'list.lmdb', records: 2, skipped: [] });
    const text = await aeOk(folder, 'inspect', 'list.lmdb');
    expect(text).toMatch(/keys\s+00000000_red\/disc-001\.png to 00000001_blue\/disc-000\.png/);
    expect(text).toMatch(/size\s+3x8x12/);
    expect(text).toMatch(/stored as\s+JPEG files/);
    expect(text).toMatch(/labels\s+2 distinct, -2 to 7/);
  });

  test.skipIf(process.platform === 'win32')(
    'stopped by Ctrl-C leaves nothing, or with --resume goes on later',
    async () => {
      // One large image many times over, so that there is time to interrupt on fast and busy machines alike.
      const large = { create: { width: 3000, height: 3000, channels: 3, background: 'teal' } } as const;
      await sharp(large).png().toFile(inFolder('photos', 'large.png'));
      writeFileSync(inFolder('photos', 'long.txt'), 'large.png 0\n'.repeat(30));
      const line = ['import', 'photos/long.txt', 'stop.lmdb', '--resize', '16'];
      for (const resume of [false, true]) {
        const { child, finished } = startAe([...line, ...(resume ? ['--resume'] : [])], folder);
        const watch = setInterval(() => {
          if (!existsSync(inFolder('stop.lmdb.partial', 'data.mdb'))) return;
          clearInterval(watch);
          child.kill('SIGINT');
        }, 1);
        const { code, stderr } = await finished;
        clearInterval(watch);
        expect(code).toBe(130);
        expect(stderr).toContain(resume ? 'run the same command to resume' : 'stop.lmdb was not created');
        expect(existsSync(inFolder('stop.lmdb.partial'))).toBe(resume);
        expect(existsSync(inFolder('stop.lmdb'))).toBe(false);
      }
      expect(await aeOk(folder, ...line, '--resume')).toContain('30 images');
      remove(inFolder('stop.lmdb'));
      remove(inFolder('photos', 'large.png'));
    },
  );

  test('warns if images keep different sizes', async () => {
    await makePictures(inFolder('sizes', 'a'), 1, 16);
    await makePictures(inFolder('sizes', 'b'), 1, 24);
    const { stderr } = await startAe(['import', 'sizes', 'sizes.lmdb'], folder).finished;
    expect(stderr).toContain('different sizes');
  });

  test('describes image files that are stored unchanged', async () => {
    await makePictures(inFolder('stored', 'a'), 1, 16);
    const [picture] = readdirSync(inFolder('stored', 'a'));
    await sharp(inFolder('stored', 'a', picture))
      .grayscale()
      .toColourspace('b-w')
      .toFile(inFolder('stored', 'a', 'gray.png'));
    const { stderr } = await startAe(['import', 'stored', 'mixed.lmdb', '--encoded'], folder).finished;
    expect(stderr).toContain('different sizes');
    writeFileSync(inFolder('gray.txt'), 'stored/a/gray.png 0\n');
    expect(await aeOk(folder, 'import', 'gray.txt', 'gray.lmdb', '--encoded')).toContain('1 image of 1x16x16');
  });
});

test('ae inspect --grid draws the images in their colors, enlarged, on white', async () => {
  await aeOk(folder, 'inspect', 'photos.lmdb', '--grid', 'samples.png', '--samples', '3', '--scale', '2');
  const { width, height } = await sharp(inFolder('samples.png')).metadata();
  expect([width, height]).toEqual([3 * (32 + 4) + 4, 32 + 2 * 4]);
  const grid = await pixelsOf('samples.png');
  const at = (x: number, y: number) => [...grid.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  expect(at(0, 0)).toEqual([255, 255, 255]);
  // The first of three out of 24 is the first record, blue/disc-000.png; its center lies inside the disc.
  const first = discPixels(0, 16);
  expect(at(4, 4)).toEqual([...first.subarray(0, 3)]);
  const inside = (8 * 16 + 5) * 3;
  expect(at(4 + 10, 4 + 16)).toEqual([...first.subarray(inside, inside + 3)]);
});

describe('ae train and ae test', () => {
  test('train, save under a new name each time, and write pairs that resemble the images', async () => {
    const args = ['train', 'photos.lmdb', '--val', 'photos.lmdb', '--epochs', '16', '--batch-size', '4'];
    const text = await aeOk(folder, ...args, '--learning-rate', '0.006');
    expect(text.match(/^epoch +\d+\/16 {3}loss 0\.\d+ {3}validation PSNR [\d.]+ dB {3}\d+ images\/s/gm)).toHaveLength(
      16,
    );
    expect(text).toContain(`network saved: ${path.join('runs', 'photos-1', 'model')}`);

    const report = await aeOk(folder, 'test', 'runs/photos-1', 'photos.lmdb', '--n-batches', '2', '--batch-size', '3');
    const results = path.join('runs', 'photos-1', 'test-1');
    expect(report).toContain(path.join(results, 'grid.png'));
    const pictures = ['1_1', '1_2', '1_3', '2_1', '2_2', '2_3'].flatMap((n) => [`input_${n}.png`, `output_${n}.png`]);
    const files = ['grid.png', 'scores.json', 'scores.csv', 'report.html', ...pictures];
    expect(readdirSync(inFolder(results)).sort()).toEqual(files.sort());

    // Inputs are the stored pictures, bit for bit; reconstructions have their colors, without red and blue swapped.
    expect(await pixelsOf(path.join(results, 'input_2_2.png'))).toEqual(discPixels(0, 16));
    let distance = 0;
    let distanceSwapped = 0;
    for (const number of ['1_1', '1_2', '1_3', '2_1', '2_2', '2_3']) {
      const input = await meanColor(path.join(results, `input_${number}.png`));
      const output = await meanColor(path.join(results, `output_${number}.png`));
      distance += Math.hypot(...output.map((value, c) => value - input[c]));
      distanceSwapped += Math.hypot(...output.map((value, c) => value - input[2 - c]));
    }
    expect(distance).toBeLessThan(0.75 * distanceSwapped);

    const scores = JSON.parse(readFileSync(inFolder(results, 'scores.json'), 'utf8'));
    expect(scores).toMatchObject({ count: 24, model: path.join('runs', 'photos-1', 'model'), data: 'photos.lmdb' });
    for (const { psnrDb, pooledPsnrDb } of Object.values<{ psnrDb: number; pooledPsnrDb: number }>(scores.masks)) {
      expect(report).toContain(`${psnrDb.toFixed(2)} dB (${pooledPsnrDb.toFixed(2)} pooled)`);
    }
    expect(Object.keys(scores.masks)).toEqual(['own', 'fixed', 'other']);

    const plain = ['--no-baselines', '--no-report'];
    await aeOk(
      folder,
      'test',
      'runs/photos-1/model',
      'photos.lmdb',
      '--format',
      'jpg',
      '--save-prefix',
      'pairs',
      ...plain,
    );
    expect(readdirSync(inFolder('pairs'))).toContain('output_1_16.jpg');
  }, 60_000);

  test('the same options produce the same network; --out names it', async () => {
    const options = ['--epochs', '1', '--seed', '3', '--optimizer', 'sgd', '--momentum', '0.9', '--nesterov'];
    for (const out of ['one', 'two']) {
      await aeOk(folder, 'train', 'photos.lmdb', ...options, '--no-report', '--out', out);
    }
    const weights = (run: string) => readFileSync(inFolder(run, 'model', 'weights.bin'));
    expect(weights('one').equals(weights('two'))).toBe(true);
  });

  test('--json prints events for programs', async () => {
    const events = jsonLines(
      await aeOk(
        folder,
        'train',
        'photos.lmdb',
        '--json',
        '--epochs',
        '2',
        '--code-size',
        '5',
        '--preset',
        'torch7',
        '--out',
        'json',
      ),
    );
    const once = events.map(({ event }) => event).filter((event) => event !== 'step' && event !== 'pass');
    expect(once).toEqual(['start', 'epoch', 'checkpoint', 'epoch', 'checkpoint', 'comparison', 'saved']);
    expect(events[0]).toMatchObject({ epochs: 2, preset: 'torch7', codeSize: 5, inputShape: [16, 16, 3] });
    const number = expect.any(Number);
    const step = events.find(({ event }) => event === 'step');
    expect(step).toMatchObject({ step: 1, steps: number, psnrDb: number, leftMs: number, memoryBytes: number });
    expect(events.at(-1)).toMatchObject({ model: path.join('json', 'model'), interrupted: false });
    const [scores] = jsonLines(await aeOk(folder, 'test', 'json', 'photos.lmdb', '--no-baselines', '--json'));
    expect(scores).toMatchObject({ count: 24, pictures: 16, folder: path.join('json', 'test-1') });
  });

  test('only a training run that ends before its last update is said to have stopped early', async () => {
    const short = ['--no-report', '--no-pca'];
    const steps = await aeOk(folder, 'train', 'photos.lmdb', '--steps', '2', ...short, '--out', 'steps');
    expect(steps).toMatch(/^epoch 1\/1 /m);
    expect(steps).not.toContain('stopped early');
    const still = ['--learning-rate', '0', '--epochs', '9', '--early-stopping', '1'];
    const stopped = await aeOk(folder, 'train', 'photos.lmdb', ...still, ...short, '--out', 'early');
    expect(stopped).toMatch(/^stopped early, after epoch [2-8]; the weights of the best epoch were restored$/m);
  });

  test('--minutes chooses a number of updates by the measured speed, and ends on time however long they take', async () => {
    const text = await aeOk(folder, 'train', 'photos.lmdb', '--minutes', '0.005', '--no-report', '--out', 'quick');
    const plan =
      /[\d,]+ images\/s: ([\d,]+) (epoch|update)s? in about .* \(to repeat this run: (--(epochs|steps) \d+)\)/;
    const [, , , flags] = plan.exec(text) ?? [];
    const { command, options } = JSON.parse(readFileSync(inFolder('quick', 'config.json'), 'utf8'));
    expect(command).toBe(`ae train photos.lmdb ${flags} --no-report --out quick`);
    expect(options.minutes).toBe(0.005);
    // A plan is repeated, not made again.
    expect(await aeOk(folder, 'train', '--config', 'quick', '--no-report', '--out', 'again')).not.toContain(
      'to repeat',
    );
    const again = JSON.parse(readFileSync(inFolder('again', 'config.json'), 'utf8')).options;
    expect(again).toEqual(options);
  });

  test.skipIf(process.platform === 'win32')(
    'Ctrl-C finishes the step, saves, says where and exits with 130',
    async () => {
      const { child, finished } = startAe(
        ['train', 'photos.lmdb', '--epochs', '100000', '--no-report', '--out', 'stopped'],
        folder,
      );
      child.stdout?.once('data', () => setTimeout(() => child.kill('SIGINT'), 500));
      const { code, stdout } = await finished;
      expect(code).toBe(130);
      expect(stdout).toMatch(/stopped after step [\d,]+ of [\d,]+, in epoch \d+ of 100000/);
      expect(stdout).toContain(`network saved: ${path.join('stopped', 'model')}`);
      await aeOk(
        folder,
        'test',
        'stopped',
        'photos.lmdb',
        '--no-baselines',
        '--no-report',
        '--save-prefix',
        'after-stop',
      );
      expect(existsSync(inFolder('after-stop', 'grid.png'))).toBe(true);
    },
  );
});

test('ae backend lists the engines and the one that auto chooses', async () => {
  const said = await aeOk(folder, 'backend');
  expect(said).toMatch(/^ {2}\w+ .*<- chosen by auto$/m);
  const [{ auto, advice, backends }] = jsonLines(await aeOk(folder, 'backend', '--json'));
  expect(backends).toContainEqual(expect.objectContaining({ name: auto, available: true }));
  const isSlow = auto === 'wasm' && process.arch === 'x64' && Number.parseInt(process.versions.node, 10) < 24;
  expect(advice).toBe(isSlow ? said.trimEnd().split('\n').at(-1) : undefined);
});
