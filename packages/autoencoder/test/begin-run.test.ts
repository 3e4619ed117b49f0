/** Runs that were stopped before they saved anything, and folders that are damaged or contain something else. */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { sharedFolder } from '@ae/testing/scratch';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Autoencoder, type RunOptions, type TrainOptions, useBackend } from '../src/entries/index';
import { readRunConfig } from '../src/entries/runs';
import { readRun } from '../src/report/read-run';
import { rectangleSamples } from './rectangles';

const images = rectangleSamples(8, { size: 16 });
const base = sharedFolder();
let folder: string;
let finished: string;
let count = 0;

beforeAll(async () => {
  await useBackend('wasm');
  finished = path.join(base, 'finished');
  folder = finished;
  await train();
});

beforeEach(() => {
  folder = path.join(base, `run-${++count}`);
});

async function train(run: Partial<RunOptions> = {}, options: TrainOptions = {}): Promise<number[]> {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 8 });
  await ae.initialize({ seed: 1, scheme: 'torch' });
  try {
    await ae.train(images, {
      recipe: 'plain',
      epochs: 1,
      batchSize: 4,
      ...options,
      run: { folder, logSteps: 1, ...run },
    });
    return ae.model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));
  } finally {
    ae.dispose();
  }
}

const config = () => readFile(path.join(finished, 'config.json'), 'utf8');
const put = async (name: string, text: string) => {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), text);
};
const emptyIndex = '{"version":2,"last":null,"best":null,"checkpoints":[]}';

/** What a process leaves behind that is killed at later and later times before its first checkpoint. */
const leftovers: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['', () => mkdir(folder)],
  ['lock.json.12345678.tmp', () => put('lock.json.12345678.tmp', '{"pi')],
  ['lock.json', () => put('lock.json', '{"pid":999999999,"host":"x"}')],
  ['samples', () => mkdir(path.join(folder, 'samples'))],
  ['checkpoints/index.json.tmp', () => put('checkpoints/index.json.tmp', '{')],
  ['checkpoints/index.json', () => put('checkpoints/index.json', emptyIndex)],
  ['config.json.tmp', () => put('config.json.tmp', '{"versi')],
  ['config.json', async () => put('config.json', await config())],
  ['metrics.jsonl', () => put('metrics.jsonl', '{"type":"st')],
  ['tensorboard', () => put('tensorboard/events.out.tfevents.1', 'x')],
  ['samples/epoch-0001.png', () => put('samples/epoch-0001.png', 'x')],
  ['half a checkpoint', () => put('checkpoints/step-000000001-epoch-0000.safetensors.tmp', 'x')],
];

describe('a run that was stopped before its first checkpoint', () => {
  it('can start again in the same folder, and be resumed once it has its settings', async () => {
    const whole = await readFile(path.join(finished, 'model/weights.bin'));
    for (const [name] of leftovers) {
      folder = path.join(base, `run-${++count}`);
      for (const [other, make] of leftovers) {
        await make();
        if (other === name) break;
      }
      const copy = `${folder}-resumed`;
      await cp(folder, copy, { recursive: true });
      await train();
      expect(whole.equals(await readFile(path.join(folder, 'model/weights.bin'))), name).toBe(true);
      folder = copy;
      const resumed = await train({ resume: true }).then(
        () => 'to its end',
        (error: { code: string }) => error.code,
      );
      const isBegun = leftovers.findIndex(([other]) => other === name) >= 7;
      expect(resumed, name).toBe(isBegun ? 'to its end' : 'RUN_NOT_FOUND');
      if (isBegun) expect(whole.equals(await readFile(path.join(folder, 'model/weights.bin'))), name).toBe(true);
    }
  }, 60_000);

  it.each([
    'notes.txt',
    'samples/epoch-0002.png',
    'checkpoints/step-000000001-epoch-0000.safetensors',
    'model/model.json',
  ])('is not one with %s in it', async (name) => {
    for (const [, make] of leftovers) await make();
    await put(name, 'mine');
    await expect(train()).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(await readFile(path.join(folder, name), 'utf8')).toBe('mine');
  });
});

describe('a folder that cannot be made', () => {
  it('is an error at once', async () => {
    expect(() => makeFolders('/proc/nope/deeper/run')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    await writeFile(path.join(base, 'file'), '');
    expect(() => makeFolders(path.join(base, 'file/run'))).toThrow();
    folder = '/proc/nope/run';
    await expect(train()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is created with its parents otherwise', async () => {
    expect(makeFolders(path.join(base, 'a/b/c'))).toBe(path.join(base, 'a'));
    expect(makeFolders(path.join(base, 'a/b/c'))).toBeUndefined();
    expect(makeFolders(path.join(base, 'a/b/d'))).toBe(path.join(base, 'a/b/d'));
  });
});

describe('config.json', () => {
  const change = (path: readonly string[], value: unknown) => (text: string) => {
    const whole = JSON.parse(text);
    const at = path.slice(0, -1).reduce((part, key) => part[key], whole);
    at[path[path.length - 1]] = value;
    return JSON.stringify(whole);
  };

  it.each<[string, RegExp, (text: string) => string]>([
    ['no JSON', /not valid JSON/, (text) => text.slice(0, 50)],
    ['null', /it is null, not an object/, () => 'null'],
    ['a list', /it is \[\]/, () => '[]'],
    ...(
      [
        [['version'], 2, /version is 2/],
        [['options'], null, /options is null/],
        [['options', 'epochs'], '3', /options.epochs is "3"/],
        [['options', 'batchSize'], 0, /options.batchSize is 0/],
        [['options', 'optimizer'], 'adam', /options.optimizer is "adam"/],
        [['options', 'records'], 5, /options.records is 5/],
        [['seed'], 0.5, /seed is 0.5/],
        [['inputShape'], [16, 16], /inputShape is not/],
        [['inputShape'], [1e6, 1e6, 3], /more values than any image has/],
        [['inputShape'], [16, 16, -3], /inputShape is -3/],
        [['pixels'], undefined, /pixels is missing/],
        [['network', 'preset'], 'constructor', /network.preset is "constructor"/],
        [['network', 'codeSize'], 1e15, /network.codeSize is 1000000000000000/],
        [['network', 'initialization'], 7, /network.initialization is 7/],
        [['data'], [], /data is \[\]/],
        [['data', 'train', 'count'], null, /data.train.count is null/],
        [['data', 'validation'], 1, /data.validation is 1/],
        [['versions'], { node: {} }, /versions.node is {}/],
        [['backend'], undefined, /backend is missing/],
        [['resumed'], [null], /resumed\[0\] is null/],
        [['command'], {}, /command is {}/],
      ] as const
    ).map(([at, value, sentence]): [string, RegExp, (text: string) => string] => [
      `${at.join('.')} ${JSON.stringify(value)}`,
      sentence,
      change(at, value),
    ]),
  ])('of %s is an error that says what is wrong', async (_, sentence, make) => {
    await put('config.json', make(await config()));
    const error = await readRunConfig(folder).catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: 'RUN_INVALID', message: expect.stringMatching(sentence) });
    expect(error).toMatchObject({ message: expect.stringContaining(path.join(folder, 'config.json')) });
  });

  it.each<[string, (file: string) => unknown]>([
    ['a pipe', (file) => spawnSync('mkfifo', [file])],
    ['a folder', (file) => mkdir(file)],
    ['an endless device', (file) => symlink('/dev/zero', file)],
    ['a link to itself', (file) => symlink(path.basename(file), file)],
  ])('that is %s is refused by name, and so are metrics', async (_, make) => {
    await mkdir(folder);
    await make(path.join(folder, 'config.json'));
    await expect(readRunConfig(folder)).rejects.toMatchObject({ code: 'NOT_READABLE' });
    await rm(path.join(folder, 'config.json'), { recursive: true });
    await put('config.json', await config());
    await make(path.join(folder, 'metrics.jsonl'));
    await expect(readRun(folder)).rejects.toMatchObject({ code: 'NOT_READABLE' });
    await put('checkpoints/index.json', emptyIndex);
    await expect(train({ resume: true })).rejects.toThrow(/metrics\.jsonl/);
  });
});

describe('metrics.jsonl', () => {
  it.each(['null', '{"type":"step"}', '{"type":"x"}', '[1]', '{"type":"epoch","epoch":1}', '{'])(
    'with a line of %s is an error that names it',
    async (line) => {
      await put('config.json', await config());
      await put('metrics.jsonl', `${line}\n`);
      await expect(readRun(folder)).rejects.toMatchObject({
        code: 'RUN_INVALID',
        message: expect.stringContaining('metrics.jsonl line 1'),
      });
    },
  );
});
