/**
 * Walks all flags: each is described, documented and checked, and has the same name in the library if it stands for one of the library's
 * options.
 */
import { readFileSync } from 'node:fs';
import { type AnyOption, networkOptions, type OptionTable, runOptions, trainingOptions } from '@ae/autoencoder/options';
import type { Command, Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { defineProgram } from '../src/commands/program';
import { allCommands, describeCommand } from '../src/reference/describe-command';
import { manPage } from '../src/reference/man-page';
import { markdownPage } from '../src/reference/markdown-page';
import { placeholderOf, valuesOf } from '../src/reference/values';
import { CliError } from '../src/shell/cli-error';
import { FlagOption } from '../src/shell/options';
import { trainFlags } from '../src/training/train-flags';

const program = await defineProgram();
const described = describeCommand(program);
const page = markdownPage(described);
const manual = manPage(described, '0.0.0');

interface Flag {
  readonly command: string;
  readonly option: Option;
}

function flagsOf(command: Command, above = ''): Flag[] {
  const name = `${above}${command.name()}`;
  return [
    ...command.options.map((option) => ({ command: name, option })),
    ...command.commands.flatMap((child) => flagsOf(child, `${name} `)),
  ];
}
const flags = flagsOf(program);

/** Runs the parser of an option's value. */
function parse({ parseArg }: Option, text: string): unknown {
  return parseArg?.(text, undefined as never);
}

describe('every flag', () => {
  test('has a description that reads well after its name', () => {
    for (const { command, option } of flags) {
      const where = `${command} ${option.flags}`;
      expect(option.description.length, where).toBeGreaterThan(9);
      expect(option.description, where).not.toMatch(/[^.]\.$/);
    }
  });

  test('is in docs/commands.md and in the manual', () => {
    const inManual = manual.replaceAll('\\-', '-');
    for (const command of allCommands(described)) {
      const section = page.split(`\n## ae ${command.name}\n`)[1]?.split('\n## ')[0] ?? '';
      for (const { flags, heading } of command.options) {
        const where = heading === 'Every command:' ? page : section;
        expect(where, `${command.name} ${flags}`).toContain(`| \`${flags}\` |`);
        expect(inManual, flags).toContain(`.B ${flags}\n`);
      }
    }
  });

  test('takes what its placeholder says, which is known to shell completion', () => {
    const unknown = flags.filter(({ option }) => {
      const placeholder = placeholderOf(option);
      return placeholder !== undefined && !option.argChoices && valuesOf(placeholder) === undefined;
    });
    expect(unknown.map(({ command, option }) => `${command} ${option.flags}`)).toEqual([]);
  });

  test('with choices or numbers refuses others, with an error that begins with its name', () => {
    const numeric = ['n', 'steps', 'epochs', 'nats', 'seconds', 'MB', 'port', 'size', 'color', 'i/n', 'which'];
    const checked = flags.filter(({ option }) => option.argChoices || numeric.includes(placeholderOf(option) ?? ''));
    expect(checked.length).toBeGreaterThan(100);
    for (const { command, option } of checked) {
      const where = `${command} ${option.flags}`;
      const refused = () => parse(option, 'neither a word nor a number');
      expect(refused, where).toThrow(CliError);
      expect(refused, where).toThrow(`${option.long}: expected `);
    }
  });

  test('with a range refuses values outside it', () => {
    const ranged = flags.flatMap(({ command, option }) => {
      const ranges = option instanceof FlagOption ? option.ranges : [];
      return ranges.length > 0 ? [{ where: `${command} ${option.flags}`, option, ranges }] : [];
    });
    expect(ranged.length).toBeGreaterThan(60);
    for (const { where, option, ranges } of ranged) {
      const mins = ranges.map(({ min }) => min).filter((min) => min !== undefined);
      const maxes = ranges.map(({ max, below }) => max ?? below).filter((max) => max !== undefined);
      if (mins.length === ranges.length)
        expect(() => parse(option, String(Math.min(...mins) - 1)), where).toThrow(CliError);
      if (maxes.length === ranges.length)
        expect(() => parse(option, String(Math.max(...maxes) + 1)), where).toThrow(CliError);
    }
  });

  test('has a short form that is unique in its command, and the same in all commands', () => {
    const longs = new Map<string, Set<string>>();
    for (const { command } of flags) {
      const shorts = flags.filter((flag) => flag.command === command).flatMap(({ option }) => option.short ?? []);
      expect(new Set(shorts).size, command).toBe(shorts.length);
    }
    for (const { option } of flags) {
      if (option.short) longs.set(option.short, (longs.get(option.short) ?? new Set()).add(option.long ?? ''));
    }
    const several = [...longs].filter(([, names]) => names.size > 1).map(([short, names]) => [short, ...names]);
    expect(several).toEqual([['-o', '--out', '--save-prefix']]);
  });
});

interface Leaf {
  readonly path: string;
  readonly option: AnyOption;
}

function leavesOf(table: OptionTable, prefix = ''): Leaf[] {
  return Object.entries(table).flatMap(([key, option]): Leaf[] => {
    const path = prefix + key;
    if (option.kind === 'group') return leavesOf(option.options, `${path}.`);
    if (option.kind !== 'choice') return [{ path, option }];
    return [
      { path: `${path}.${option.key}`, option },
      ...Object.values(option.choices).flatMap(({ options }) => leavesOf(options, `${path}.`)),
    ];
  });
}

describe('options of the library', () => {
  const { checkpointSteps, keep, logSteps } = runOptions;
  const leaves = [
    ...leavesOf({ ...trainingOptions, ...networkOptions }),
    ...leavesOf({ checkpointSteps, keep, logSteps }, 'run.'),
  ];
  const train = program.commands.find((command) => command.name() === 'train');

  test("each has a flag of ae train or a key of --set, described in the library's words", () => {
    for (const { path, option } of leaves) {
      const flag = trainFlags.find(({ paths }) => paths.includes(path));
      expect(flag?.paths, path).toContain(path);
      const own = train?.options.find(({ long }) => long === flag?.typed);
      expect(own !== undefined || flag?.typed === `--set ${flag?.name}`, path).toBe(true);
      const [words] = (flag?.options[0].help ?? option.help).split(' (default');
      if (own) expect(own.description, path).toContain(words);
    }
  });

  test('flags that stand for one have its name, or a name that is listed here', () => {
    const named = trainFlags.filter(({ paths, key }) => paths.some((path) => path.split('.').at(-1) !== key));
    expect(named.map(({ name, paths }) => [name, ...paths])).toMatchInlineSnapshot(`
      [
        [
          "records",
          "records.perEpoch",
        ],
        [
          "iters",
          "records.passes",
        ],
        [
          "optimizer",
          "optimizer.name",
        ],
        [
          "schedule",
          "schedule.policy",
        ],
        [
          "loss",
          "loss.name",
        ],
        [
          "ssim-weight",
          "loss.weight",
        ],
        [
          "early-stopping",
          "earlyStopping.patience",
        ],
        [
          "early-stopping-threshold",
          "earlyStopping.threshold",
        ],
        [
          "pixel-scale",
          "pixels.scale",
        ],
        [
          "init",
          "initialization.scheme",
        ],
        [
          "init-seed",
          "initialization.seed",
        ],
        [
          "checkpoint-every",
          "run.checkpointSteps",
        ],
        [
          "log-every",
          "run.logSteps",
        ],
      ]
    `);
  });
});

test('docs/commands.md matches the definitions (npm run reference -w packages/cli)', () => {
  expect(readFileSync(new URL('../../../docs/commands.md', import.meta.url), 'utf8')).toBe(page);
});

test('the manual has no line that roff would mistake for a request', () => {
  const requests = manual.split('\n').filter((line) => /^[.']/.test(line));
  expect(new Set(requests.map((line) => line.split(' ')[0]))).toEqual(
    new Set(['.TH', '.SH', '.SS', '.TP', '.B', '.I', '.PP', '.nf', '.fi']),
  );
});
