/** Networks for other runtimes, and back. */
export { exportOnnx } from './interchange/onnx/export-onnx';
export type { OnnxOptions } from './interchange/onnx/options';
