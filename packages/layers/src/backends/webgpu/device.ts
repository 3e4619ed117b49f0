import * as tf from '@tensorflow/tfjs-core';
import { WebgpuError } from './errors';
import type { WebgpuBackend } from './program';
import { registerWebgpuKernels } from './register';

/** The exports of the npm package `webgpu`. */
export interface DawnModule {
  /** Creates a `GPU`; each option is a `key=value` of Dawn. */
  create(options: string[]): object;
  /** The classes and constants that are globals in a browser. */
  globals: object;
}

/**
 * Gives Node.js what browsers have: `navigator.gpu` and the WebGPU classes as globals. Call it before @tensorflow/tfjs-backend-webgpu is
 * imported, which looks for them while it loads. Calling it again changes nothing.
 *
 * @param dawn the npm package: `provideWebgpu(await import('webgpu'))`.
 * @param adapter a part of the adapter's name, if there are several; otherwise Dawn's default.
 */
export function provideWebgpu(dawn: DawnModule, { adapter }: { adapter?: string } = {}): void {
  if (findGpu()) return;
  Object.assign(globalThis, dawn.globals);
  if (typeof navigator === 'undefined') {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
  }
  const gpu = dawn.create(adapter === undefined ? [] : [`adapter=${adapter}`]);
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
}

/** Options for starting WebGPU. */
export interface WebgpuOptions {
  /** Which GPU to use if there are two. Default 'high-performance'. */
  powerPreference?: 'high-performance' | 'low-power';
  /** Refuse adapters that compute on the CPU, such as SwiftShader. Default false. */
  requireHardware?: boolean;
}

/** The running engine. */
export interface WebgpuEngine {
  /** The GPU's description of itself; empty if the browser hides it. */
  readonly adapter: { vendor: string; architecture: string; device: string; description: string };
  /** Whether the adapter computes on the CPU. */
  readonly software: boolean;
  /** Maximum size of a tensor in bytes. */
  readonly maxBufferBytes: number;
}

interface Gpu {
  requestAdapter(options: object): Promise<Adapter | null>;
}

interface Adapter {
  info?: WebgpuEngine['adapter'] & { isFallbackAdapter?: boolean };
  isFallbackAdapter?: boolean;
}

const softwareAdapters = /swiftshader|llvmpipe|lavapipe|basic render|software/i;

/**
 * Makes 'webgpu' the active backend of TensorFlow.js with this package's kernels. A lost device or exhausted memory causes a {@link
 * WebgpuError}, thrown by the op that needs the memory, or by the next op or read after the GPU reported it.
 *
 * @throws WebgpuError `WEBGPU_MISSING` | `WEBGPU_NO_ADAPTER` | `WEBGPU_SOFTWARE_ADAPTER` | `WEBGPU_FAILED`
 * @throws MissingKernelError `MISSING_KERNEL` if @tensorflow/tfjs-backend-webgpu is not loaded
 */
export async function initWebgpu(options: WebgpuOptions = {}): Promise<WebgpuEngine> {
  const { powerPreference = 'high-performance', requireHardware = false } = options;
  const adapter = await requestAdapter(powerPreference);
  const { vendor = '', architecture = '', device = '', description = '' } = adapter.info ?? {};
  const names = { vendor, architecture, device, description };
  const fallback = adapter.isFallbackAdapter ?? adapter.info?.isFallbackAdapter ?? false;
  const software = fallback || softwareAdapters.test(Object.values(names).join(' '));
  if (software && requireHardware) {
    throw new WebgpuError(
      'WEBGPU_SOFTWARE_ADAPTER',
      `initWebgpu: the adapter "${description || architecture}" is not a GPU, it computes on the CPU; ` +
        "install the GPU's driver, or choose another backend.",
    );
  }
  registerWebgpuKernels();
  tf.env().set('WEBGPU_USE_LOW_POWER_GPU', powerPreference === 'low-power');
  if (!(await tf.setBackend('webgpu'))) {
    throw new WebgpuError(
      'WEBGPU_FAILED',
      `initWebgpu: tfjs could not start its webgpu backend on "${description || architecture}"; ` +
        'see the console for the reason, or choose another backend.',
    );
  }
  const backend = tf.backend() as unknown as WebgpuBackend;
  watch(backend);
  const { maxBufferSize, maxStorageBufferBindingSize } = backend.device.limits;
  return { adapter: names, software, maxBufferBytes: Math.min(maxBufferSize, maxStorageBufferBindingSize) };
}

function findGpu(): Gpu | undefined {
  return (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
}

async function requestAdapter(powerPreference: string): Promise<Adapter> {
  const gpu = findGpu();
  if (!gpu) {
    throw new WebgpuError(
      'WEBGPU_MISSING',
      'initWebgpu: WebGPU (navigator.gpu) is missing here; in Node.js install the package webgpu and call ' +
        "provideWebgpu(await import('webgpu')) first, or use a browser with WebGPU and a page served over https or from localhost.",
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (adapter) return adapter;
  throw new WebgpuError(
    'WEBGPU_NO_ADAPTER',
    'initWebgpu: WebGPU found no GPU; install a driver for Vulkan, Metal or Direct3D 12, or choose another backend.',
  );
}

const watched = new WeakSet<object>();

/** Turns what the device reports asynchronously into errors of the ops that are affected. */
function watch(backend: WebgpuBackend): void {
  if (watched.has(backend)) return;
  watched.add(backend);
  const { device } = backend;
  let lost: WebgpuError | undefined;
  let reported: WebgpuError | undefined;
  /** Throws what was reported since the last call. A lost device stays lost. */
  const check = () => {
    const failure = lost ?? reported;
    reported = undefined;
    if (failure) throw failure;
  };
  void device.lost.then(({ reason, message }) => {
    lost = new WebgpuError(
      'WEBGPU_DEVICE_LOST',
      `webgpu: the GPU was lost (${reason || 'unknown'}: ${message}); ` +
        'restart the program, and continue from the last checkpoint.',
    );
  });
  device.addEventListener('uncapturederror', ({ error }) => {
    reported ??= toWebgpuError(error);
  });
  guardBuffers(backend);
  const { runWebGPUProgram, read } = backend;
  backend.runWebGPUProgram = (...args) => {
    check();
    return runWebGPUProgram.apply(backend, args);
  };
  backend.read = async (dataId) => {
    check();
    const values = await read.call(backend, dataId).catch(async (error: unknown) => {
      await Promise.race([device.lost, new Promise((resolve) => setTimeout(resolve, 100))]); // a loss is reported after its victims
      check();
      throw error;
    });
    check();
    return values;
  };
}

/** Refuses buffers beyond the device's limits when they are requested, not a few reads later. */
function guardBuffers({ device }: WebgpuBackend): void {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    if (descriptor.size > most) {
      throw outOfMemory(`a tensor of ${descriptor.size} bytes exceeds this GPU's limit of ${most} bytes`);
    }
    try {
      return createBuffer(descriptor);
    } catch (cause) {
      throw outOfMemory(`the GPU has no room for ${descriptor.size} more bytes`, { cause });
    }
  };
}

function outOfMemory(state: string, options?: ErrorOptions): WebgpuError {
  const message = `webgpu: ${state}; use smaller batches, or dispose tensors that are no longer needed.`;
  return new WebgpuError('WEBGPU_OUT_OF_MEMORY', message, options);
}

function toWebgpuError(error: Error): WebgpuError {
  const [firstLine] = error.message.split('\n');
  if (error.constructor.name === 'GPUOutOfMemoryError')
    return outOfMemory(`the GPU's memory is full ("${firstLine}")`, { cause: error });
  const message = `webgpu: the GPU refused a command ("${firstLine}"); please report it with the model's layers.`;
  return new WebgpuError('WEBGPU_FAILED', message, { cause: error });
}
