import { spawn } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { defineProgram } from '../src/commands/program';
import { collect, mainFile, makeFolder, remove } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));

const { version } = JSON.parse(readFileSync(path.join(mainFile, '..', '..', 'package.json'), 'utf8'));
const commands = [
  ...['import', 'convert', 'resize', 'merge', 'inspect', 'verify', 'mean', 'export', 'train', 'test', 'report'],
  ...['export-model', 'import-model'],
  ...['encode', 'reconstruct', 'neighbors', 'interpolate', 'sample', 'backend', 'cache'],
  ...['completion', 'reference', 'watch'],
];

describe('help', () => {
  test('ae --help names every command', async () => {
    const help = await aeOk(folder, '--help');
    for (const command of commands) expect(help).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(await aeOk(folder, '--version')).toBe(`${version}\n`);
  });

  test.each([...commands, 'backend install'])('ae %s answers --help and --version', async (name) => {
    const command = name.split(' ');
    const help = await aeOk(folder, ...command, '--help');
    expect(help).toContain(`Usage: ae ${name}`);
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(await aeOk(folder, ...command, '--version')).toBe(`${version}\n`);
  });

  test('help fits narrow terminals', async () => {
    const [train] = (await defineProgram('train')).commands;
    const help = train.configureOutput({ getOutHelpWidth: () => 60 }).helpInformation();
    expect(help.length).toBeGreaterThan(5000);
    expect(help.split('\n').filter((line) => line.length > 60)).toEqual([]);
  });

  test('ae train --help names the options with their defaults', async () => {
    const help = await aeOk(folder, 'train', '--help');
    for (const option of [
      '--epochs',
      '--batch-size',
      '--learning-rate',
      '--momentum',
      '--seed',
      '--backend',
      '--json',
    ]) {
      expect(help).toContain(option);
    }
    expect(help.replace(/\s+/g, ' ')).toContain('(default: 16; plain 32, torch7 1)');
  });

  test('ae train --set help lists the options without a flag', async () => {
    const list = await aeOk(folder, 'train', '--set', 'help');
    expect(list).toContain('alpha=<n>');
    expect(list).toMatch(/^ +dense-every=<steps> .*\(default: 4; plain 1, transform 1, torch7 1\)$/m);
    expect(await aeOk(folder, 'train', '--help')).toContain('--set <key=value>');
  });

  test('ae --help needs neither TensorFlow nor sharp nor lmdb', async () => {
    const alone = path.join(folder, 'alone');
    cpSync(path.dirname(mainFile), alone, { recursive: true });
    const child = spawn(process.execPath, ['main.cjs', '--help'], { cwd: alone });
    expect(await collect(child)).toMatchObject({ code: 0, stderr: '' });
  });

  test('a command loads nothing of the others', async () => {
    const alone = path.join(folder, 'import-alone');
    const isOfOther = (file: string) => /^(train|test|watch|reconstruct)-/.test(path.basename(file));
    cpSync(path.dirname(mainFile), alone, { recursive: true, filter: (file) => !isOfOther(file) });
    const run = (name: string) => collect(spawn(process.execPath, ['main.cjs', name, '--help'], { cwd: alone }));
    expect(await run('import')).toMatchObject({ code: 0, stderr: '' });
    expect(await run('train')).toMatchObject({ code: 1 });
  });

  test('ae without arguments shows the help', async () => {
    const { code, stdout, stderr } = await ae(folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(await aeOk(folder, '--help'));
  });

  test('common options have short flags, and the learning rate has a short name', async () => {
    const help = await aeOk(folder, 'train', '--help');
    for (const flags of [
      '-e, --epochs',
      '-b, --batch-size',
      '-o, --out',
      '-s, --seed',
      '-c, --code-size',
      '--lr, --learning-rate',
    ])
      expect(help).toContain(`  ${flags} <`);
    expect(await aeOk(folder, 'test', '--help')).toContain('  -o, --save-prefix <');
  });
});

/** What a mistyped command line gets: one line on stderr, nothing else. */
const mistakes: [args: string[], message: string][] = [
  [['trian'], "ae: unknown command 'trian'; did you mean train?"],
  [
    ['train', 'x.lmdb', '--learing-rate', '1'],
    "ae train: unknown option '--learing-rate'; did you mean --learning-rate?",
  ],
  [['train'], "ae train: missing required argument 'images'; ae train --help shows the usage."],
  [
    ['train', 'a.lmdb', 'b.lmdb'],
    "ae train: too many arguments for 'train', expected 1 argument but got 2; ae train --help shows the usage.",
  ],
  [['train', 'a.lmdb', '--epochs', '0'], 'ae train: --epochs: expected a whole number of at least 1, received "0".'],
  [
    ['train', 'a.lmdb', '--epochs', '1.5'],
    'ae train: --epochs: expected a whole number of at least 1, received "1.5".',
  ],
  [['train', 'a.lmdb', '--momentum', '2'], 'ae train: --momentum: expected a number from 0 to 1, received "2".'],
  [
    ['train', 'a.lmdb', '--beta1', '1'],
    'ae train: --beta1: expected a number of at least 0 and below 1, received "1".',
  ],
  [
    ['train', 'a.lmdb', '--average-decay', '1'],
    'ae train: --average-decay: expected a number of at least 0 and below 1, received "1".',
  ],
  [['train', 'a.lmdb', '--factor', '1'], 'ae train: --factor: expected a number above 0 and below 1, received "1".'],
  [
    ['train', 'a.lmdb', '--learning-rate', ''],
    'ae train: --learning-rate: expected a number of at least 0, received "".',
  ],
  [
    ['train', 'a.lmdb', '--from', ''],
    'ae train: --from: expected a value, received ""; if it comes from a variable, set that first.',
  ],
  [
    ['train', '--resume', ''],
    'ae train: --resume: expected a value, received ""; if it comes from a variable, set that first.',
  ],
  [
    ['import', '', 'photos', 'a.lmdb'],
    'ae import: <images>: expected a value, received ""; if it comes from a variable, set that first.',
  ],
  [['train', 'a.lmdb', '--pixel-scale', '1/0'], 'ae train: --pixel-scale: expected a number above 0, received "1/0".'],
  [
    ['train', 'a.lmdb', '--threads', 'many'],
    'ae train: --threads: expected a whole number from 1 to 64 or auto, received "many".',
  ],
  [
    ['train', 'a.lmdb', '--optimizer', 'adamm'],
    'ae train: --optimizer: expected adam, adamw, sgd, rmsprop or adagrad, received "adamm".',
  ],
  [
    ['train', 'a.lmdb', '--momentum', '0.5'],
    'ae train: --momentum applies to --optimizer sgd or rmsprop, not adam; leave it out, or choose another optimizer.',
  ],
  [
    ['train', 'a.lmdb', '--epochs', '3', '--minutes', '3'],
    'ae train: --minutes cannot be combined with --epochs; leave one out.',
  ],
  [
    ['train', 'a.lmdb', '--epochs', '3', '--steps', '3'],
    'ae train: --steps cannot be combined with --epochs; leave one out.',
  ],
  [['train', '--resume', 'a', '--out', 'b'], 'ae train: --out cannot be combined with --resume; leave one out.'],
  [
    ['train', 'a.lmdb', '--schedule', 'step', '--gamma', '0.1'],
    'ae train: --schedule step requires --step-size; add it.',
  ],
  [
    ['train', 'a.lmdb', '--schedule', 'cosine', '--cooldown', '1'],
    'ae train: --cooldown applies to --schedule plateau, not cosine; leave it out, or choose another schedule.',
  ],
  [
    ['train', 'a.lmdb', '--iters', '3'],
    'ae train: --iters requires --records or --recipe torch7; add --records, or use --epochs.',
  ],
  [
    ['train', 'a.lmdb', '--ssim-weight', '0.5'],
    'ae train: --ssim-weight applies to --loss ssim, not mse; leave it out, or choose another loss.',
  ],
  [
    ['train', 'a.lmdb', '--early-stopping-threshold', '0.5'],
    'ae train: --early-stopping-threshold requires --early-stopping; add it.',
  ],
  [
    ['import', 'a', 'b', '--resize', '64x'],
    'ae import: --resize: expected a size such as 64 or 48x64, received "64x".',
  ],
  [
    ['train', 'a.lmdb', '--schedule', 'fixed', '--gamma', '2'],
    'ae train: --gamma applies to --schedule step, exp, inv, multistep or sigmoid, not fixed; leave it out, or choose another schedule.',
  ],
  [['train', 'a.lmdb', '--beta', '1'], 'ae train: --beta requires --variational; add it, or leave --beta out.'],
  [
    ['train', 'a.lmdb', '--free-bits', '1'],
    'ae train: --free-bits requires --variational; add it, or leave --free-bits out.',
  ],
  // Conflicts between options, which only the library detects, are reported with the flags' names before data and engine are opened.
  [
    ['train', 'a.lmdb', '--schedule', 'multistep', '--gamma', '0.5', '--step-values', '5,3'],
    'ae train: --step-values: expected ascending whole numbers of at least 0, received [5,3].',
  ],
  [
    ['train', 'a.lmdb', '--schedule', 'step', '--gamma', '0', '--step-size', '3'],
    'ae train: --gamma: expected a number above 0, received 0.',
  ],
  [
    ['train', 'a.lmdb', '--optimizer', 'sgd', '--nesterov'],
    'ae train: --nesterov: expected a momentum above 0 and no dampening with it, received momentum 0 and dampening 0.',
  ],
  [
    ['train', 'a.lmdb', '--records', '12'],
    'ae train: --records: expected a multiple of the 16 images per update, received 12; change one of them.',
  ],
  [
    ['train', 'a.lmdb', '--set', 'alpha=1'],
    'ae train: --set alpha: expected a number of at least 0 and below 1, received "1".',
  ],
  [
    ['train', 'a.lmdb', '--set', 'alpha=0.9'],
    'ae train: --set alpha applies to --optimizer rmsprop, not adam; leave it out, or choose another optimizer.',
  ],
  [
    ['train', 'a.lmdb', '--set', 'warm-up-step=3'],
    'ae train: --set warm-up-step: no such key; did you mean warm-up-steps? --set help lists all keys.',
  ],
  [
    ['train', 'a.lmdb', '--set', 'momentum=0.9'],
    'ae train: --set momentum: this option has its own flag; use --momentum.',
  ],
  [
    ['train', 'a.lmdb', '--set', 'alpha'],
    'ae train: --set: expected key=value, received "alpha"; --set help lists the keys.',
  ],
  [
    ['backend', 'install'],
    "ae backend install: missing required argument 'engine'; ae backend install --help shows the usage.",
  ],
  [['train', 'a.lmdb', '-e', '0'], 'ae train: --epochs: expected a whole number of at least 1, received "0".'],
  [['train', 'a.lmdb', '-b0'], 'ae train: --batch-size: expected a whole number of at least 1, received "0".'],
  [['train', 'a.lmdb', '--lr=x'], 'ae train: --learning-rate: expected a number of at least 0, received "x".'],
  [['help', 'nonsense'], "ae: unknown command 'nonsense'; ae --help shows the usage."],
];

describe('mistyped command lines', () => {
  test.each(mistakes)('ae %j', async (args, message) => {
    expect(await ae(folder, ...args)).toEqual({ code: 1, stdout: '', stderr: `${message}\n` });
  });

  test('with --json the error is a line of JSON', async () => {
    const { code, stderr } = await ae(folder, 'train', 'nowhere.lmdb', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ event: 'error', code: 'NOT_READABLE' });
    const unknown = await ae(folder, 'trian', '--json');
    expect(JSON.parse(unknown.stderr)).toMatchObject({ code: 'USAGE_UNKNOWN_COMMAND' });
  });
});
