import type { AutoencoderError, TrainingWarning } from '@ae/autoencoder';
import { CliError, sentenceOf } from '../shell/cli-error';
import { quote } from '../shell/command-line';
import { holdsRun } from './run-place';
import { flagFor, trainFlags } from './train-flags';

/** Adds the command that continues from here, if there is one, to the error that ended training. */
export async function withAdvice(error: unknown, run: string, trainPath: string): Promise<unknown> {
  if (!isAutoencoderError(error)) return error;
  const { code, state = sentenceOf(error), differences } = error;
  if (code === 'OPTIONS_CHANGED') {
    const listed = differences?.map(({ where, change }) => `${typedName(where)} ${change}`).join('; ');
    const told = listed === undefined ? state : `${run} was started with other options: ${listed}`;
    const todo = `use the original options, or start a new run: ${fromRun(run, trainPath)}`;
    return new CliError(code, `${told}; ${todo}`, { cause: error });
  }
  const command = code === 'DIVERGED' ? await gentler(run) : undefined;
  if (command === undefined) return error;
  return new CliError(code, `${state}; train again with a smaller learning rate: ${command}`, { cause: error });
}

function isAutoencoderError(error: unknown): error is AutoencoderError {
  return error instanceof Error && error.name === 'AutoencoderError';
}

/** Settings of a run that follow from its images. */
const imageSettings: Readonly<Record<string, string>> = {
  inputShape: "the images' size",
  'data.train': 'the training data',
  'data.train.count': 'the number of training images',
  'data.train.fingerprint': 'the digest of the training images',
  'data.validation': 'the validation data',
  'data.validation.count': 'the number of validation images',
  'data.validation.fingerprint': 'the digest of the validation images',
};

/** Returns what the user types for a setting in config.json, or what it is called. */
function typedName(path: string): string {
  const known = path.replace(/^network\./, '');
  const flag = trainFlags.find(({ paths }) => paths.some((each) => each === known || each.startsWith(`${known}.`)));
  return imageSettings[path] ?? (flag && !flag.isNegated ? flag.typed : known);
}

/** Returns a training warning as a sentence, with the flags that help. */
export function warningSentence(warning: TrainingWarning): string {
  if (warning.code !== 'POSTERIOR_COLLAPSE') return sentenceOf(warning);
  const [beta, warmUp, freeBits, codeSize] = ['beta', 'betaWarmUpFraction', 'freeBits', 'codeSize'].map(
    (path) => flagFor(path).typed,
  );
  return `${warning.state}; lower ${beta}, increase it gradually (${warmUp}), allow each number some free nats (${freeBits}), or choose a smaller ${codeSize}.`;
}

function fromRun(run: string, trainPath: string): string {
  return `ae train ${quote(trainPath)} --from ${quote(run)}`;
}

/** As before with a tenth of the learning rate: from the best weights, or from the beginning if no good weights were saved. */
async function gentler(run: string): Promise<string | undefined> {
  if (!(await holdsRun(run))) return undefined;
  const { checkNewRun, readRunConfig } = await import('@ae/autoencoder/runs');
  const { learningRate } = (await readRunConfig(run)).options.optimizer;
  const smaller = `--learning-rate ${Number(((learningRate ?? 0.001) / 10).toPrecision(3))}`;
  const isBeginning = await checkNewRun(run).then(
    () => true,
    () => false,
  );
  const place = isBeginning ? `--out ${quote(run)}` : `--from ${quote(run)}`;
  return `ae train --config ${quote(run)} ${place} ${smaller}`;
}
