import type { Command } from 'commander';
import { databaseOption, schemaOption } from '../data/database-option';
import { fitFlag, importHeading, resamplerFlag } from '../data/fit-option';
import { lenientOption } from '../data/left-out';
import { backendOption, type EngineOptions, threadsOption } from './engine';
import { type CheckpointOptions, checkpointOption, type ReadFlags } from './load-network';

/** What a command may be told of the network that it loads, and of the images for it. */
export type NetworkInputOptions = EngineOptions & CheckpointOptions & ReadFlags;

/** Adds the options of `loadNetworkFor` after a command's own. */
export function addNetworkInput(command: Command): Command {
  return command
    .addOption(checkpointOption())
    .addOption(databaseOption())
    .addOption(schemaOption())
    .addOption(lenientOption())
    .optionsGroup(importHeading)
    .addOption(fitFlag())
    .addOption(resamplerFlag())
    .optionsGroup('Engine:')
    .addOption(backendOption())
    .addOption(threadsOption());
}
