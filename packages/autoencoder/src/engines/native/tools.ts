/** Runs the programs that an installation needs, and explains a failure in one sentence. */
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { AutoencoderError } from '../../errors/errors';

/** A program to run, and what to tell the user if it is missing or fails. */
export interface Tool {
  /** Its name in messages: "pip". */
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly cwd?: string;
  /** What to do if there is no such program. */
  readonly ifMissing: string;
  /** What to do if it fails for any other reason. */
  readonly ifFailed: string;
}

const offline =
  /Temporary failure in name resolution|Name or service not known|Failed to establish a new connection|Network is unreachable|Connection (refused|reset|timed out)|Read timed out|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET/;
const otherFile = /DO NOT MATCH THE HASHES|EINTEGRITY|integrity checksum failed/;
const diskFull = /No space left on device|ENOSPC|Disk quota exceeded|EDQUOT/;

/** Runs a tool to its end and returns its output. Throws INSTALL_FAILED. */
export async function runTool({ name, command, cwd, ifMissing, ifFailed }: Tool): Promise<string> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, maxBuffer: 2 ** 28 }, (cause, stdout, stderr) => {
      if (!cause) return resolve(stdout);
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
        return reject(failure(`${name} was not found as "${program}"; ${ifMissing}`, cause));
      }
      reject(failure(explain(name, `${stdout}\n${stderr}`, cause.signal, ifFailed), cause));
    });
  });
}

function explain(name: string, output: string, signal: string | null | undefined, ifFailed: string): string {
  if (diskFull.test(output)) return `${name} failed because the disk is full; free some space and try again`;
  if (otherFile.test(output)) {
    return `${name}: a file's checksum differs from that of the tested file, so it is not used; the package index, or a mirror or proxy in between, has changed it`;
  }
  if (offline.test(output)) {
    return `${name} could not reach its package index; check the network, proxy and mirror settings of ${name}, and try again`;
  }
  const last = signal ? `was killed by signal ${signal}` : `failed with "${lastWords(output)}"`;
  return `${name} ${last}; ${ifFailed}`;
}

/** Returns the last line that says what went wrong. */
function lastWords(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const errors = lines.filter((line) => /error|expected|cannot|no such|no module/i.test(line));
  return (errors.at(-1) ?? lines.filter(Boolean).at(-1) ?? 'nothing').slice(0, 300);
}

/** Makes the error for a failed installation. */
export function failure(message: string, cause?: unknown): AutoencoderError {
  return new AutoencoderError('INSTALL_FAILED', `installTensorflow: ${message}.`, { cause });
}

/** Creates a folder with `work`, once: it gets its name when it is complete, and the remains of earlier attempts are removed. */
export async function makeFolder(folder: string, work: (partial: string) => Promise<void>): Promise<void> {
  if (await exists(folder)) return;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await work(partial);
  await rename(partial, folder);
}

/** Tells whether a file or folder exists. */
export function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
