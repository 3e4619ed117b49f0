import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError, checkKeys } from './errors';
import { startNativeTensorflow } from './native-tensorflow';

/**
 * The engines by name: `tensorflow-gpu` and `tensorflow` are @tensorflow/tfjs-node-gpu and @tensorflow/tfjs-node where
 * they are installed, `wasm` is the WebAssembly engine of @ae/layers, `cpu` plain JavaScript.
 */
export type BackendName = 'tensorflow-gpu' | 'tensorflow' | 'wasm' | 'cpu';

export interface BackendOptions {
  /** Threads of the wasm engine. Default 'auto', one a core. */
  readonly threads?: number | 'auto';
  /** The folder of a tfjs-node or tfjs-node-gpu package, if it is not to be found by its name. */
  readonly tensorflowFolder?: string;
}

/** The engine in use. */
export interface BackendInfo {
  /** An engine of ours, or the name under which the caller registered another with tfjs. */
  readonly name: string;
  /** Whether a GPU computes. */
  readonly gpu: boolean;
  /** Threads the engine computes on, where it says. */
  readonly threads?: number;
  /** What the user should know, such as that only the slow engine could be loaded. */
  readonly warning?: string;
}

interface Engine {
  readonly name: BackendName;
  /** What tfjs calls it. */
  readonly tfjsName: string;
  /** One line for people. */
  readonly description: string;
  /** 'auto' takes the engine only if it then computes on a GPU. */
  readonly onlyWithGpu?: boolean;
  /** Loads the engine and makes it tfjs' active backend; throws when it can't be had. */
  start(options: BackendOptions): Promise<BackendInfo>;
}

/** In the order in which 'auto' tries them. */
const engines: readonly Engine[] = [
  {
    name: 'tensorflow-gpu',
    tfjsName: 'tensorflow',
    description: 'native TensorFlow with CUDA (@tensorflow/tfjs-node-gpu)',
    onlyWithGpu: true,
    async start({ tensorflowFolder }) {
      const { onGpu } = await startNativeTensorflow('@tensorflow/tfjs-node-gpu', tensorflowFolder);
      const warning = onGpu ? undefined : '@tensorflow/tfjs-node-gpu found no GPU it can use and computes on the CPU';
      return { name: 'tensorflow-gpu', gpu: onGpu, warning };
    },
  },
  {
    name: 'wasm',
    tfjsName: 'wasm',
    description: 'WebAssembly with SIMD, all cores; nothing to install',
    async start({ threads }) {
      const { initWasm } = await import('@ae/layers/backends/wasm');
      const engine = await initWasm({ threads });
      return { name: 'wasm', gpu: false, threads: engine.threads };
    },
  },
  {
    name: 'tensorflow',
    tfjsName: 'tensorflow',
    description: 'native TensorFlow on the CPU (@tensorflow/tfjs-node)',
    async start({ tensorflowFolder }) {
      const { onGpu } = await startNativeTensorflow('@tensorflow/tfjs-node', tensorflowFolder);
      return { name: 'tensorflow', gpu: onGpu };
    },
  },
  {
    name: 'cpu',
    tfjsName: 'cpu',
    description: 'plain JavaScript, one thread; a reference, far too slow to train with',
    async start() {
      await import('@tensorflow/tfjs-backend-cpu');
      const { registerCpuKernels } = await import('@ae/layers/backends/cpu');
      registerCpuKernels();
      await tf.setBackend('cpu');
      const warning = 'training on the cpu backend is hundreds of times slower than on wasm';
      return { name: 'cpu', gpu: false, threads: 1, warning };
    },
  },
];

/**
 * Loads an engine and makes it the active tfjs backend. Without a name: the backend that tfjs has active stays, and
 * where there is none the best engine that loads is taken ('auto'). Throws BACKEND_UNAVAILABLE with the reason.
 */
export async function useBackend(name?: BackendName | 'auto', options: BackendOptions = {}): Promise<BackendInfo> {
  checkKeys('useBackend', options, ['threads', 'tensorflowFolder']);
  if (name === undefined) {
    const active = tf.getBackend();
    const engine = engines.find(({ tfjsName }) => tfjsName === active);
    if (!active) return startFirst(options);
    // The caller loaded native TensorFlow, under whichever of its two names: only our kernels are missing.
    if (active === 'tensorflow') return adoptTensorflow();
    return engine ? engine.start(options) : { name: active, gpu: active.startsWith('web') };
  }
  if (name === 'auto') return startFirst(options);
  const engine = engines.find((candidate) => candidate.name === name);
  if (!engine) {
    const known = ['auto', ...engines.map((candidate) => candidate.name)].join(', ');
    throw new AutoencoderError(
      'BACKEND_UNAVAILABLE',
      `backend: expected one of ${known}, received ${JSON.stringify(name)}.`,
    );
  }
  try {
    return await engine.start(options);
  } catch (cause) {
    throw new AutoencoderError('BACKEND_UNAVAILABLE', `backend ${name}: ${messageOf(cause)}`, { cause });
  }
}

async function adoptTensorflow(): Promise<BackendInfo> {
  const { registerTensorflowKernels } = await import('@ae/layers/backends/tensorflow');
  registerTensorflowKernels();
  return { name: 'tensorflow', gpu: (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true };
}

async function startFirst(options: BackendOptions): Promise<BackendInfo> {
  const reasons: string[] = [];
  for (const engine of engines) {
    try {
      const info = await engine.start(options);
      if (engine.onlyWithGpu && !info.gpu) {
        reasons.push(`${engine.name}: ${info.warning}`);
        continue;
      }
      if (!info.warning) return info;
      return { ...info, warning: `${info.warning} (${reasons.join('; ')})` };
    } catch (error) {
      reasons.push(`${engine.name}: ${messageOf(error)}`);
    }
  }
  throw new AutoencoderError(
    'BACKEND_UNAVAILABLE',
    `backend: expected at least one engine that loads; ${reasons.join('; ')}.`,
  );
}

/** What `listBackends` found of one engine. */
export interface BackendStatus {
  readonly name: BackendName;
  readonly description: string;
  readonly available: boolean;
  /** Whether 'auto' takes it when no engine before it in the list is eligible: false for an engine meant for a GPU that found none. */
  readonly eligible: boolean;
  /** Why it is not available, or what to know of it, in one sentence. */
  readonly reason?: string;
}

/** Tries every engine in the order of 'auto'; the first eligible one is what 'auto' takes. Leaves the last one active. */
export async function listBackends(options: BackendOptions = {}): Promise<BackendStatus[]> {
  const statuses: BackendStatus[] = [];
  for (const { name, description, onlyWithGpu, start } of engines) {
    const outcome = await start(options).catch((error: unknown) => messageOf(error));
    if (typeof outcome === 'string') {
      statuses.push({ name, description, available: false, eligible: false, reason: outcome });
    } else {
      const eligible = !onlyWithGpu || outcome.gpu;
      statuses.push({ name, description, available: true, eligible, reason: outcome.warning });
    }
  }
  return statuses;
}

function messageOf(error: unknown): string {
  // The prefix that says which package speaks is for whole messages, not for a reason within another.
  return (error instanceof Error ? error.message : String(error)).replace(/^\[[\w-]+\] /, '');
}
