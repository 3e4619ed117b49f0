/**
 * Replaces Node.js modules, and ours about processes, in the build for browsers (tsup.config.ts): paths are addresses there, whose files
 * can be read but not written.
 */
import { AutoencoderError } from '../errors/errors';

function unavailable(name: string) {
  return (): never => {
    throw new AutoencoderError(
      'NODE_ONLY',
      `${name}: expected Node.js, received a browser, which has no files; use the functions that return tensors, samples or text instead.`,
    );
  };
}

/** Fetches a file, as text if an encoding is given. */
export async function readFile(address: string, encoding?: 'utf8'): Promise<Uint8Array | string> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return encoding ? response.text() : new Uint8Array(await response.arrayBuffer());
}

/** Flags for opening files, none of which exist here. */
export const constants: Record<string, number> = {};
export const appendFile = unavailable('appendFile');
export const copyFile = unavailable('copyFile');
export const createHash = unavailable('createHash');
export const createRequire = unavailable('createRequire');
export const deflateSync = unavailable('deflateSync');
export const execFile = unavailable('execFile');
export const fsync = unavailable('fsync');
export const homedir = unavailable('homedir');
export const hostname = unavailable('hostname');
export const isRunning = unavailable('isRunning');
export const lstat = unavailable('lstat');
export const mkdir = unavailable('mkdir');
export const mkdirSync = unavailable('mkdirSync');
export const open = unavailable('open');
export const randomUUID = unavailable('randomUUID');
export const readLock = unavailable('readLock');
export const readdir = unavailable('readdir');
export const realpath = unavailable('realpath');
export const rename = unavailable('rename');
export const rm = unavailable('rm');
export const spawn = unavailable('spawn');
export const startOf = unavailable('startOf');
export const stat = unavailable('stat');
export const statSync = unavailable('statSync');
export const statfs = unavailable('statfs');
export const takeLock = unavailable('takeLock');
export const writeFile = unavailable('writeFile');

/** The part of `node:path` that is used. */
export default {
  isAbsolute: (address: string) => address.startsWith('/'),
  join: (...parts: string[]) => parts.filter(Boolean).join('/'),
  resolve: (...parts: string[]) => parts.join('/'),
  relative: (_from: string, to: string) => to,
  basename: (address: string) => address.replace(/.*\//, ''),
  dirname: (address: string) => address.replace(/\/[^/]*$/, ''),
};
