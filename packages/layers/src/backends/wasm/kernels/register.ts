/** Replaces kernels of the wasm backend by the ones of this engine. */

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { getKernel, type KernelFunc, registerKernel, type TensorInfo, unregisterKernel } from '@tensorflow/tfjs-core';

/** What a kernel of this engine gets: the tensors by name, the attributes, and the backend whose memory holds them. */
export interface WasmKernelArgs<Inputs, Attrs> {
  inputs: Inputs;
  attrs: Attrs;
  backend: BackendWasm;
}

/** A kernel of this engine: computes outputs from inputs, without a tape. */
export type WasmKernel<Inputs, Attrs> = (args: WasmKernelArgs<Inputs, Attrs>) => TensorInfo | TensorInfo[];

/** Registers a kernel under a tfjs name, in place of the stock one where there is one. */
export function registerWasmKernel<Inputs, Attrs>(kernelName: string, kernel: WasmKernel<Inputs, Attrs>): void {
  if (getKernel(kernelName, 'wasm')) unregisterKernel(kernelName, 'wasm');
  registerKernel({ kernelName, backendName: 'wasm', kernelFunc: kernel as unknown as KernelFunc });
}
