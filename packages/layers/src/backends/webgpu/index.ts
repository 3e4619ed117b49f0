/**
 * The kernels for WebGPU: in browsers through `navigator.gpu`, in Node.js through Dawn (npm package `webgpu`).
 *
 * No backend is imported here: import @tensorflow/tfjs-backend-webgpu first, in Node.js after {@link provideWebgpu}.
 */
export { loadPackage } from '../shared/load-package';
export { type DawnModule, initWebgpu, provideWebgpu, type WebgpuEngine, type WebgpuOptions } from './device';
export { WebgpuError, type WebgpuErrorCode } from './errors';
export { registerWebgpuKernels } from './register';
