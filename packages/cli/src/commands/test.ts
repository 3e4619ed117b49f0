import { access, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Autoencoder, Evaluation, SampleSource } from '@ae/autoencoder';
import type { Sample } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { backendOption, describeEngine, type EngineOptions, startEngine, threadsOption } from '../engine';
import { catchInterruption } from '../interruption';
import { type CommonOptions, choiceOption, defineCommand, numberOption } from '../options';
import { assertNew, type ClaimedFolder, claimFolder, claimNumberedFolder, fillFolder } from '../output-folder';
import { encodePicture, encodeSample, layOutGrid } from '../picture-grid';
import { spread } from '../record-summary';
import { assertShape, openSamples, type SampleDatabase } from '../sample-database';
import { formatBar, formatCount, formatNumberOf, formatRows, style, Terminal } from '../terminal';

interface TestOptions extends CommonOptions, EngineOptions {
  readonly batchSize: number;
  readonly nBatches: number;
  readonly savePrefix?: string;
  readonly spread?: boolean;
  readonly format: 'png' | 'jpg';
  readonly columns: number;
  readonly scale: number;
}

/** One picture and what the network made of it; `name` is the original script's numbering, from 1_1. */
interface Pair {
  readonly name: string;
  readonly input: Sample;
  readonly output: Sample;
}

export function testCommand(): Command {
  return defineCommand('test', 'score a network on the images of an LMDB, and write reconstructions to look at')
    .argument('<model>', 'folder of a run or of a saved network')
    .argument('<lmdb>', "images of the network's size, best ones it was not trained on")
    .optionsGroup('Pictures:')
    .addOption(numberOption('--batch-size <n>', 'pictures a batch', { min: 1, max: 10_000, integer: true }).default(16))
    .addOption(
      numberOption('--n-batches <n>', 'batches of pictures to write', { min: 1, max: 10_000, integer: true }).default(
        1,
      ),
    )
    .option('--save-prefix <folder>', 'new folder for pictures and scores (default: test-<n> beside the network)')
    .option('--spread', 'take pictures evenly spread over the database, not its first ones')
    .addOption(choiceOption('--format <type>', 'type of the single pictures', ['png', 'jpg']).default('png'))
    .addOption(
      numberOption('--columns <n>', 'pictures a row of the grid', { min: 1, max: 64, integer: true }).default(8),
    )
    .addOption(
      numberOption('--scale <n>', 'enlarge pictures in the grid', { min: 1, max: 16, integer: true }).default(2),
    )
    .optionsGroup('Engine:')
    .addOption(backendOption())
    .addOption(threadsOption())
    .action(runTest);
}

async function runTest(modelPath: string, lmdbPath: string, options: TestOptions): Promise<void> {
  const terminal = new Terminal(options);
  if (options.savePrefix !== undefined) await assertNew(options.savePrefix, 'folder');
  const samples = await openSamples(lmdbPath);
  const model = await findModel(modelPath);
  const engine = await startEngine(options, terminal);
  const { Autoencoder } = await import('@ae/autoencoder');
  const network = await Autoencoder.load(model);
  const advice = `import with --resize ${network.inputShape.slice(0, 2).join('x')}, or name another network`;
  assertShape(samples, network.inputShape, `the network of ${model}`, advice);
  const folder = await claimResults(options.savePrefix, model);
  const interruption = catchInterruption(() => terminal.warn('stopping ...'));
  try {
    const pairs = await reconstructPairs(network, samples, options);
    const evaluation = await network.evaluate(withProgress(samples, interruption.signal, terminal));
    terminal.status('');
    const scores = { model, data: lmdbPath, engine: describeEngine(engine), ...scoresOf(evaluation) };
    await fillFolder(folder, (temporary) => writeResults(temporary, pairs, scores, options));
    printResults(terminal, folder.path, pairs.length, evaluation, scores);
  } catch (error) {
    terminal.status('');
    await folder.release();
    if (!interruption.exitCode()) throw error;
    terminal.warn('stopped as asked; nothing was written.');
    process.exitCode = interruption.exitCode();
  } finally {
    interruption.release();
  }
}

/** Accepts the folder of a run in place of the network inside it. */
async function findModel(folder: string): Promise<string> {
  const inside = path.join(folder, 'model');
  const isRun = await access(path.join(inside, 'model.json')).then(
    () => true,
    () => false,
  );
  return isRun ? inside : folder;
}

function claimResults(savePrefix: string | undefined, model: string): Promise<ClaimedFolder> {
  if (savePrefix !== undefined) return claimFolder(savePrefix);
  return claimNumberedFolder(path.join(path.dirname(model), 'test'));
}

/** Reconstructs the pictures to write, a batch at a time. */
async function reconstructPairs(network: Autoencoder, samples: SampleDatabase, options: TestOptions): Promise<Pair[]> {
  const { batchSize, nBatches } = options;
  const wanted = batchSize * nBatches;
  const indices = options.spread ? spread(samples.length, wanted) : spread(Math.min(wanted, samples.length), wanted);
  const pairs: Pair[] = [];
  for (let start = 0; start < indices.length; start += batchSize) {
    const inputs: Sample[] = [];
    for (const index of indices.slice(start, start + batchSize)) inputs.push((await samples.at(index)) as Sample);
    const outputs = await network.reconstruct(inputs);
    const batch = start / batchSize + 1;
    inputs.forEach((input, j) => {
      pairs.push({ name: `${batch}_${j + 1}`, input, output: outputs[j] });
    });
  }
  return pairs;
}

/** Passes samples on while showing how many have been asked for; stops when interrupted. */
function withProgress(samples: SampleDatabase, signal: AbortSignal, terminal: Terminal): SampleSource {
  let done = 0;
  return {
    length: samples.length,
    at: (index) => {
      signal.throwIfAborted();
      done++;
      if (done % 64 === 0) {
        terminal.status(
          `scoring ${formatBar(done / samples.length)} ${formatCount(done)}/${formatCount(samples.length)}`,
        );
      }
      return samples.at(index);
    },
  };
}

function scoresOf({ count, mse, psnrDb, pooledPsnrDb }: Evaluation) {
  return { count, mse, psnrDb, pooledPsnrDb };
}

async function writeResults(
  folder: string,
  pairs: readonly Pair[],
  scores: object,
  options: TestOptions,
): Promise<void> {
  const { format, columns, scale } = options;
  for (const { name, input, output } of pairs) {
    await writeFile(path.join(folder, `input_${name}.${format}`), await encodeSample(input, format));
    await writeFile(path.join(folder, `output_${name}.${format}`), await encodeSample(output, format));
  }
  const groups = Array.from({ length: Math.ceil(pairs.length / columns) }, (_, i) => {
    const group = pairs.slice(i * columns, (i + 1) * columns);
    return [group.map(({ input }) => input), group.map(({ output }) => output)];
  });
  await writeFile(path.join(folder, 'grid.png'), await encodePicture(layOutGrid(groups, { scale })));
  await writeFile(path.join(folder, 'scores.json'), `${JSON.stringify(scores, null, 2)}\n`);
}

function printResults(
  terminal: Terminal,
  folder: string,
  pictures: number,
  evaluation: Evaluation,
  scores: object,
): void {
  terminal.event({ ...scores, pictures, folder });
  const { count, mse, psnrDb, pooledPsnrDb } = evaluation;
  terminal.print(
    formatRows([
      ['images', formatCount(count)],
      ['MSE', mse.toFixed(6)],
      [
        'PSNR',
        `${psnrDb.toFixed(2)} dB, mean of the images; ${pooledPsnrDb.toFixed(2)} dB of all their pixels together`,
      ],
      ['grid', style('bold', path.join(folder, 'grid.png'))],
      ['scores', path.join(folder, 'scores.json')],
      ['pictures', `${formatNumberOf(pictures, 'input')} and reconstructions in ${folder}`],
    ]),
  );
}
