/** Folders of runs: reads config.json, and checks where a run may start. */
export { readConfigFile } from '../run/config-file';
export { estimateRun, type RunEstimate } from '../run/estimate-run';
export { checkNewRun } from '../run/new-run';
export {
  type DataDescription,
  type Resumption,
  type RunConfig,
  readRunConfig,
  startFolder,
} from '../run/run-config';
export { fitTime, type TimeFit, type Trainable } from '../training/fit-time';
export type { Amount } from '../training/training-plan';
