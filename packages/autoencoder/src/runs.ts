/** Folders of runs: what config.json says, and where a run may begin. */
export { checkNewRun } from './run/new-run';
export { type RunConfig, readRunConfig, startFolder } from './run/run-config';
