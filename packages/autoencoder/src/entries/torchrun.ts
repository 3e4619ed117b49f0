/** Training with PyTorch: torchrun's processes on a run's folder, and folders that other machines train. */
export type { LmdbPlace } from '../torchrun/describe-task';
export { type HandOverOptions, handOver } from '../torchrun/hand-over';
export { type TorchrunOptions, torchrun } from '../torchrun/torchrun';
export type { Elsewhere } from '../training/elsewhere';
