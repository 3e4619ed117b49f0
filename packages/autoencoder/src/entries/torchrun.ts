/** Training with PyTorch: runs torchrun's processes on the folder of a run, and writes folders for training on other machines. */
export type { LmdbPlace } from '../torchrun/describe-task';
export { type HandOverOptions, handOver } from '../torchrun/hand-over';
export { type TorchrunOptions, torchrun } from '../torchrun/torchrun';
export type { Elsewhere } from '../training/elsewhere';
