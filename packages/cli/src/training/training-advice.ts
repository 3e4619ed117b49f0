import type { TrainingWarning } from '@ae/autoencoder';
import { CliError, sentenceOf } from '../shell/cli-error';
import { quote } from '../shell/command-line';
import { holdsRun } from './run-place';
import { flagFor } from './train-flags';

/** Adds the command that continues from here, if there is one, to the error that ended training. */
export async function withAdvice(error: unknown, run: string, trainPath: string): Promise<unknown> {
  const { code, state } = error as { code?: string; state?: string };
  if (code !== 'DIVERGED' && code !== 'OPTIONS_CHANGED') return error;
  const command = code === 'DIVERGED' ? await gentler(run, trainPath) : fromRun(run, trainPath);
  if (command === undefined) return error;
  const todo =
    code === 'DIVERGED' ? 'train again with a smaller learning rate' : 'use the original options, or start a new run';
  return new CliError(code, `${state ?? sentenceOf(error)}; ${todo}: ${command}`, { cause: error });
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

/** From the best weights, with a tenth of the learning rate; from the beginning if no good weights were saved. */
async function gentler(run: string, trainPath: string): Promise<string | undefined> {
  if (!(await holdsRun(run))) return undefined;
  const { checkNewRun, readRunConfig } = await import('@ae/autoencoder/runs');
  const { learningRate } = (await readRunConfig(run)).options.optimizer;
  const smaller = `--learning-rate ${Number(((learningRate ?? 0.001) / 10).toPrecision(3))}`;
  const isBeginning = await checkNewRun(run).then(
    () => true,
    () => false,
  );
  const command = isBeginning ? `ae train ${quote(trainPath)} --out ${quote(run)}` : fromRun(run, trainPath);
  return `${command} ${smaller}`;
}
