import type { Command } from 'commander';
import { databaseOption, schemaOption } from '../data/database-option';
import { fitFlag, importHeading, resamplerFlag, resizeFlag } from '../data/fit-option';
import { lenientOption } from '../data/left-out';
import { backendOption, type EngineOptions, threadsOption } from './engine';
import { type CheckpointOptions, checkpointOption, type ReadFlags } from './load-network';

/** The options of commands that load a network and images for it. */
export type NetworkInputOptions = EngineOptions & CheckpointOptions & ReadFlags;

/** The size of images that are not in an LMDB, for commands that take any size the network takes. */
export const usualResize = "the network's, or any for preset transform";

/** Adds the options of `loadNetworkFor` after a command's own; `size` says which size images get that are not in an LMDB. */
export function addNetworkInput(command: Command, size = usualResize): Command {
  return command
    .addOption(checkpointOption())
    .addOption(databaseOption())
    .addOption(schemaOption())
    .addOption(lenientOption())
    .optionsGroup(importHeading)
    .addOption(resizeFlag(size))
    .addOption(fitFlag())
    .addOption(resamplerFlag())
    .optionsGroup('Engine:')
    .addOption(backendOption())
    .addOption(threadsOption());
}
