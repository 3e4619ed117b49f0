/** Folders of runs: what config.json says, and where a run may begin. */
export { readConfigFile } from '../run/config-file';
export { estimateRun, type RunEstimate } from '../run/estimate-run';
export { checkNewRun } from '../run/new-run';
export {
  type Amount,
  type DataDescription,
  type Resumption,
  type RunConfig,
  readRunConfig,
  startFolder,
} from '../run/run-config';
