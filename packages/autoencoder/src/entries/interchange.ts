/** Networks for other runtimes, and back. */
export { exportKeras, type KerasOptions } from '../interchange/keras/export-keras';
export { importKeras, type KerasImportOptions } from '../interchange/keras/import-keras';
export { importTfjs, type TfjsImportOptions } from '../interchange/layers-model/import-tfjs';
export type { NetworkPart } from '../interchange/network-plan';
export type { UnpoolingForm } from '../interchange/onnx/conversion';
export { exportOnnx } from '../interchange/onnx/export-onnx';
export type { OnnxOptions } from '../interchange/onnx/options';
export { exportPyTorch, type PyTorchOptions } from '../interchange/pytorch/export-pytorch';
export { importPyTorch, type PyTorchImportOptions } from '../interchange/pytorch/import-pytorch';
export { importTorch7, type Torch7ImportOptions } from '../interchange/torch7/import-torch7';
