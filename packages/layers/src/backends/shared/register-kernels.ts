import * as tf from '@tensorflow/tfjs-core';

/**
 * Registers kernels for a backend, replacing stock ones of the same name. A kernel that is already registered is left alone, so calling
 * this twice does nothing.
 */
export function registerKernels(backendName: string, kernels: Record<string, tf.KernelFunc>): void {
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    const registered = tf.getKernel(kernelName, backendName);
    if (registered?.kernelFunc === kernelFunc) continue;
    if (registered) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
}
