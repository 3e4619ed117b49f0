import { access, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Autoencoder, Evaluation, MaskMode } from '@ae/autoencoder';
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
    const evaluations = await evaluate(network, samples, interruption.signal, terminal);
    const masks = Object.fromEntries(evaluations.map((evaluation) => [evaluation.masks, summaryOf(evaluation)]));
    const results = { model, data: lmdbPath, engine: describeEngine(engine), count: samples.length, masks };
    await fillFolder(folder, (temporary) => writeResults(temporary, pairs, results, options));
    terminal.event({ ...results, pictures: pairs.length, folder: folder.path });
    printResults(terminal, folder.path, pairs.length, evaluations);
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

const masksInWords: Record<MaskMode, string> = {
  own: "with each image's own masks, which carry a part of it beside the code",
  fixed: 'with masks that carry nothing: what the code alone holds',
  other: 'with the masks of another image',
};

/** Scores all images three times, for the masks tell the decoder a good part of an image. */
async function evaluate(
  network: Autoencoder,
  samples: SampleDatabase,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<Evaluation[]> {
  const modes: MaskMode[] = samples.length > 1 ? ['own', 'fixed', 'other'] : ['own', 'fixed'];
  const evaluations: Evaluation[] = [];
  for (const masks of modes) {
    const onProgress = (done: number, total: number) =>
      terminal.status(`scoring, ${masks} masks ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`);
    evaluations.push(await network.evaluate(samples, { masks, similarity: masks === 'own', signal, onProgress }));
  }
  terminal.status('');
  return evaluations;
}

/** The means, without each image's scores; SSIM is NaN, which JSON writes as null, where it was not computed. */
function summaryOf({ psnrDb, pooledPsnrDb, ssim, msSsim, mse, mae }: Evaluation) {
  return { psnrDb, pooledPsnrDb, ssim, msSsim, mse, mae };
}

async function writeResults(
  folder: string,
  pairs: readonly Pair[],
  results: object,
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
  await writeFile(path.join(folder, 'scores.json'), `${JSON.stringify(results, null, 2)}\n`);
}

function printResults(terminal: Terminal, folder: string, pictures: number, evaluations: readonly Evaluation[]): void {
  const [own] = evaluations;
  const similarity = Number.isNaN(own.ssim) ? '' : `, SSIM ${own.ssim.toFixed(3)}`;
  terminal.print(
    formatRows([
      ['images', `${formatCount(own.count)}, MSE ${own.mse.toFixed(6)}${similarity}`],
      ...evaluations.map(({ masks, psnrDb, pooledPsnrDb }, i): [string, string] => [
        i === 0 ? 'PSNR' : '',
        `${psnrDb.toFixed(2)} dB (${pooledPsnrDb.toFixed(2)} pooled) ${masksInWords[masks]}`,
      ]),
      ['grid', style('bold', path.join(folder, 'grid.png'))],
      ['scores', path.join(folder, 'scores.json')],
      ['pictures', `${formatNumberOf(pictures, 'input')} and reconstructions in ${folder}`],
    ]),
  );
}
