import type { BackendInfo, BackendName, BackendOptions } from '@ae/autoencoder';
import { tensorflowCache } from '../data/cache-folder';
import { choiceOption, numberOption } from '../shell/options';
import type { Terminal } from '../shell/terminal';
import { v8FlagsAllowed } from './engine-environment';

const backendNames: readonly (BackendName | 'auto')[] = [
  ...(['auto', 'tensorflow-gpu', 'webgpu', 'wasm', 'tensorflow', 'cpu'] as const),
];

export interface EngineOptions {
  readonly backend?: BackendName | 'auto';
  readonly threads?: number | 'auto';
}

/** `others` are programs that can do the work of an engine. */
export const backendOption = (...others: readonly string[]) =>
  choiceOption('--backend <name>', 'engine to compute on (see ae backend)', [...backendNames, ...others]).default(
    'auto',
  );

export const threadsOption = () =>
  numberOption('--threads <n>', 'threads of the wasm engine', {
    min: 1,
    max: 64,
    integer: true,
    words: ['auto'],
  }).default('auto');

/** The options of engines, from the command line and the environment. */
export function engineSettings({ threads }: EngineOptions): BackendOptions {
  return { threads, v8Flags: v8FlagsAllowed(), tensorflowCache: tensorflowCache() };
}

/** Loads TensorFlow.js and the requested engine; prints its warnings. */
export async function startEngine(options: EngineOptions, terminal: Terminal): Promise<BackendInfo> {
  const settings = engineSettings(options);
  terminal.status('starting the engine ...');
  await silenceTensorflow();
  const { useBackend } = await import('@ae/autoencoder');
  const info = await useBackend(options.backend, settings);
  terminal.status('');
  if (info.warning) terminal.warn(`${info.warning}.`);
  return info;
}

/** TensorFlow.js prints a greeting and warnings unless it runs in production mode, and native TensorFlow unless it is told not to. */
export async function silenceTensorflow(): Promise<void> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const { enableProdMode } = await import('@tensorflow/tfjs-core');
  enableProdMode();
}

/** Describes an engine: "wasm, 2 threads". */
export function describeEngine({ name, threads }: BackendInfo): string {
  return threads === undefined ? name : `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
