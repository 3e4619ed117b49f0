/**
 * Describes the parts of this machine that tests use besides the files of the repository: they count in turbo's hashes
 * (scripts/machine.mjs).
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { chromiums } from './chromium.mjs';
import { onPath } from './programs.mjs';
import { pythonProgram } from './python.mjs';

/** Where `npm run test:native` and `ae backend install` put native TensorFlow. */
export const tensorflowFolders = ['ae-lanes/native', 'ae/tensorflow'].map((name) =>
  join(homedir(), '.cache', name, 'tfjs-node'),
);

/** Returns a text that changes with whatever tests use on this machine. */
export function describeMachine() {
  const programs = [...chromiums().slice(0, 1), ...onPath(['mdb_stat', 'mdb_dump'])];
  const description = {
    node: [process.version, process.platform, process.arch],
    python: describePython(),
    programs: programs.map(describeFile),
    tensorflow: tensorflowFolders.map(describeFile),
  };
  return `${JSON.stringify(description, null, 2)}\n`;
}

const listPackages = `
import importlib.metadata, sys
print(sys.executable, sys.version)
print(*sorted({f"{d.metadata['Name']} {d.version}" for d in importlib.metadata.distributions()}), sep="\\n")
`;

/** Returns the program, its version and all packages installed there. */
function describePython() {
  const { status, stdout, error } = spawnSync(pythonProgram(), ['-c', listPackages], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().split('\n') : [pythonProgram(), error?.message ?? `exit code ${status}`];
}

/**
 * Returns what changes when a file or folder is installed again.
 *
 * @param {string} file
 */
function describeFile(file) {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${file}, ${stats.size} bytes, ${stats.mtime.toISOString()}` : `${file} is missing`;
}
