import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError, checkKeys, inWords } from '../errors/errors';
import {
  adoptNativeTensorflow,
  type NativeEngine,
  type NativeOptions,
  startNativeTensorflow,
} from './native-tensorflow';
import { startWebgpu } from './webgpu';

/**
 * The engines by name: `tensorflow-gpu` and `tensorflow` are @tensorflow/tfjs-node-gpu and @tensorflow/tfjs-node if installed, `webgpu` is
 * any GPU through Dawn or the browser, `wasm` is the WebAssembly engine of @ae/layers, `webgl` is for browsers without WebGPU, and `cpu` is
 * plain JavaScript.
 */
export type BackendName = 'tensorflow-gpu' | 'webgpu' | 'wasm' | 'tensorflow' | 'webgl' | 'cpu';

/** Options of `useBackend`. */
export interface BackendOptions extends NativeOptions {
  /** Threads of the wasm engine. Default 'auto', one per core. */
  readonly threads?: number | 'auto';
  /** Whether the wasm engine may set V8's flags while its kernels are compiled. Default true. See `v8Flags` of initWasm in @ae/layers. */
  readonly v8Flags?: boolean;
  /** On a page: the address of tfjs-backend-wasm-simd.wasm, or its bytes. */
  readonly wasmBinary?: string | URL | Uint8Array;
  /** The folder whose node_modules contains `webgpu` and `@tensorflow/tfjs-backend-webgpu`, if they cannot be found by their names. */
  readonly webgpuFolder?: string;
}

const optionNames = ['threads', 'v8Flags', 'wasmBinary', 'webgpuFolder', 'tensorflowFolder', 'tensorflowCache'];

/** The engine in use. */
export interface BackendInfo {
  /** One of our engines, or the name under which the caller registered another one with TensorFlow.js. */
  readonly name: string;
  /** Whether it computes on a GPU. */
  readonly gpu: boolean;
  /** Number of threads, if the engine reports it. */
  readonly threads?: number;
  /** The device it computes on, such as the name of the GPU. */
  readonly device?: string;
  /** The engine's version. */
  readonly version?: string;
  /** A warning for the user, for example that only the slow engine could be loaded. */
  readonly warning?: string;
  /** A note for the user that is not a problem, for example that the engine does not know this version of Node.js. */
  readonly note?: string;
}

interface Engine {
  readonly name: BackendName;
  /** Its name in TensorFlow.js. */
  readonly tfjsName: string;
  /** A one-line description. */
  readonly description: string;
  /** 'auto' uses the engine only if it computes on a GPU. */
  readonly onlyWithGpu?: boolean;
  /**
   * Loads the engine and makes it the active backend of TensorFlow.js; throws if it is unavailable. `requireGpu`: it was not asked for by
   * name.
   */
  start(options: BackendOptions, requireGpu: boolean): Promise<BackendInfo>;
}

/** The processor features that the variants of our WebAssembly engine use. */
const simdInWords = {
  plain: 'SIMD of 128 bits',
  relaxed: 'SIMD of 128 bits with fused multiply-add',
  wide: 'SIMD of 256 bits with fused multiply-add',
} as const;

const tfjsVersion = `tfjs ${tf.version_core}`;

/** In the order in which 'auto' tries them. */
const engines: readonly Engine[] = [
  {
    name: 'tensorflow-gpu',
    tfjsName: 'tensorflow',
    description: 'native TensorFlow with CUDA (@tensorflow/tfjs-node-gpu)',
    onlyWithGpu: true,
    async start(options) {
      const engine = await startNativeTensorflow('@tensorflow/tfjs-node-gpu', options);
      const warning = '@tensorflow/tfjs-node-gpu found no usable GPU and computes on the CPU';
      return { name: 'tensorflow-gpu', ...describeNative(engine), ...(!engine.onGpu && { warning }) };
    },
  },
  {
    name: 'webgpu',
    tfjsName: 'webgpu',
    description: 'any GPU, through Vulkan, Metal or Direct3D 12 (webgpu, @tensorflow/tfjs-backend-webgpu)',
    onlyWithGpu: true,
    async start({ webgpuFolder }, requireGpu) {
      const { software, device } = await startWebgpu(webgpuFolder, requireGpu);
      const warning = `${device} computes on the CPU`;
      return { name: 'webgpu', gpu: !software, device, version: tfjsVersion, ...(software && { warning }) };
    },
  },
  {
    name: 'wasm',
    tfjsName: 'wasm',
    description: 'WebAssembly with SIMD, all cores; nothing to install',
    async start({ threads, wasmBinary, v8Flags }) {
      const { initWasm } = await import('@ae/layers/backends/wasm');
      const engine = await initWasm({ threads, tfjsBinary: wasmBinary, v8Flags });
      return {
        name: 'wasm',
        gpu: false,
        threads: engine.threads,
        device: `CPU, ${simdInWords[engine.simd]}`,
        version: tfjsVersion,
        ...(engine.plainReason && {
          note: `compiled without V8's flags, so training may be slower: ${engine.plainReason}`,
        }),
      };
    },
  },
  {
    name: 'tensorflow',
    tfjsName: 'tensorflow',
    description: 'native TensorFlow on the CPU (@tensorflow/tfjs-node)',
    async start(options) {
      return { name: 'tensorflow', ...describeNative(await startNativeTensorflow('@tensorflow/tfjs-node', options)) };
    },
  },
  {
    name: 'webgl',
    tfjsName: 'webgl',
    description: 'GPUs in browsers without WebGPU (@tensorflow/tfjs-backend-webgl)',
    async start() {
      const { registerWebglKernels } = await import('@ae/layers/backends/webgl');
      registerWebglKernels();
      await tf.setBackend('webgl');
      return { name: 'webgl', gpu: true, version: tfjsVersion };
    },
  },
  {
    name: 'cpu',
    tfjsName: 'cpu',
    description: 'plain JavaScript, one thread; a reference, far too slow for training',
    async start() {
      await import('@tensorflow/tfjs-backend-cpu');
      const { registerCpuKernels } = await import('@ae/layers/backends/cpu');
      registerCpuKernels();
      await tf.setBackend('cpu');
      const warning = 'training on the cpu backend is hundreds of times slower than on wasm';
      return { name: 'cpu', gpu: false, threads: 1, device: 'CPU', version: tfjsVersion, warning };
    },
  },
];

function describeNative({ onGpu, version }: NativeEngine): Pick<BackendInfo, 'gpu' | 'device' | 'version'> {
  return {
    gpu: onGpu,
    device: onGpu ? 'GPU (CUDA)' : 'CPU',
    version: [version, tfjsVersion].filter(Boolean).join(', '),
  };
}

const isNode = typeof process === 'object' && typeof process.versions?.node === 'string';

/**
 * Returns the engines for this environment, in the order in which 'auto' tries them: CUDA, another GPU, the faster of wasm and native
 * TensorFlow, the reference. Which of those two is faster was measured when TensorFlow was installed; if it was not, wasm comes first.
 */
async function enginesHere({ tensorflowCache }: BackendOptions): Promise<readonly Engine[]> {
  if (!isNode) return engines.filter(({ tfjsName }) => tfjsName !== 'tensorflow');
  const here = engines.filter(({ name }) => name !== 'webgl');
  const { findInstallation } = await import('./native/installation');
  const speeds = (await findInstallation('@tensorflow/tfjs-node', tensorflowCache))?.imagesPerSecond;
  if (!speeds || speeds.tensorflow <= speeds.wasm) return here;
  const wasm = here.findIndex(({ name }) => name === 'wasm');
  const [before, after] = [here.slice(0, wasm), here.slice(wasm + 2)];
  return [...before, here[wasm + 1], here[wasm], ...after];
}

/**
 * Loads an engine and makes it the active backend of TensorFlow.js. Without a name, the active backend is kept; if there is none, the best
 * engine that loads is used ('auto'). Throws BACKEND_UNAVAILABLE with the reason.
 */
export async function useBackend(name?: BackendName | 'auto', options: BackendOptions = {}): Promise<BackendInfo> {
  checkKeys('useBackend', options, optionNames);
  if (name === undefined) {
    const active = tf.getBackend();
    const engine = engines.find(({ tfjsName }) => tfjsName === active);
    if (!active) return startFirst(options);
    // The caller loaded native TensorFlow, under either of its names: only our kernels are missing.
    if (active === 'tensorflow') return { name: active, ...describeNative(await adoptNativeTensorflow()) };
    return engine ? engine.start(options, false) : { name: active, gpu: active.startsWith('web') };
  }
  if (name === 'auto') return startFirst(options);
  const engine = engines.find((candidate) => candidate.name === name);
  if (!engine) {
    const known = ['auto', ...engines.map((candidate) => candidate.name)].join(', ');
    throw new AutoencoderError('BACKEND_UNAVAILABLE', `backend: expected one of ${known}, received ${inWords(name)}.`);
  }
  try {
    return await engine.start(options, false);
  } catch (cause) {
    throw new AutoencoderError('BACKEND_UNAVAILABLE', `backend ${name}: ${messageOf(cause)}`, { cause });
  }
}

async function startFirst(options: BackendOptions): Promise<BackendInfo> {
  const reasons: string[] = [];
  for (const engine of await enginesHere(options)) {
    try {
      const info = await engine.start(options, true);
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
  throw new AutoencoderError('BACKEND_UNAVAILABLE', `No engine can be loaded: ${reasons.join('; ')}.`);
}

/** The state of an engine, as `listBackends` found it. */
export interface BackendStatus extends Partial<Pick<BackendInfo, 'device' | 'threads' | 'version'>> {
  readonly name: BackendName;
  readonly description: string;
  /** Whether everything it needs is installed; it may still fail to load. */
  readonly installed: boolean;
  readonly available: boolean;
  /** Whether 'auto' would choose it if no engine before it in the list were eligible: false for a GPU engine that found no GPU. */
  readonly eligible: boolean;
  /** Why it is unavailable and how to fix that, or a note about it, in one sentence. */
  readonly reason?: string;
}

/** Tries every engine in the order of 'auto', which uses the first eligible one. Leaves the last one that loaded active. */
export async function listBackends(options: BackendOptions = {}): Promise<BackendStatus[]> {
  checkKeys('listBackends', options, optionNames);
  const statuses: BackendStatus[] = [];
  for (const engine of await enginesHere(options)) statuses.push(await statusOf(engine, options));
  return statuses;
}

async function statusOf(engine: Engine, options: BackendOptions): Promise<BackendStatus> {
  const { name, description, onlyWithGpu } = engine;
  try {
    const { gpu, device, threads, version, warning, note } = await engine.start(options, false);
    const eligible = !onlyWithGpu || gpu;
    return {
      name,
      description,
      installed: true,
      available: true,
      eligible,
      device,
      threads,
      version,
      reason: warning ?? note,
    };
  } catch (error) {
    const installed = (error as { code?: unknown }).code !== 'BACKEND_MISSING';
    return { name, description, installed, available: false, eligible: false, reason: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  // The package name in front is for complete messages, not for a reason within another one.
  return (error instanceof Error ? error.message : String(error)).replace(/^\[[\w-]+\] /, '');
}
