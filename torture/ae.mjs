/** Runs the `ae` command within bounds of time and memory, and judges how it ended. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../packages/cli/bin/ae.js', import.meta.url));

/** A command that takes longer hangs: the data are tiny. Generous, for a busy machine. */
const hangMs = 90_000;
const mostRssMiB = 1024;

/** What a program prints that nobody foresaw. */
const foreign =
  /\(unexpected; |TypeError|RangeError|ReferenceError|SyntaxError|ERR_INTERNAL|Assertion|Check failed|FATAL ERROR|Unhandled|^\s+at .*:\d+:\d+\)?$/m;

/**
 * Runs `ae`. `kill` ends it after some milliseconds by a signal, or when a line that it prints matches `kill.when`.
 *
 * @param {string[]} args
 * @param {{ cwd: string, kill?: { signal: NodeJS.Signals, afterMs?: number, when?: RegExp } }} options
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string, rssMiB: number, fault?: string }>}
 *   `fault` says what must never be.
 */
export async function runAe(args, { cwd, kill }) {
  const running = spawn(process.execPath, [command, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let rssMiB = 0;
  let hung = false;
  const hang = setTimeout(() => {
    hung = true;
    running.kill('SIGKILL');
  }, hangMs);
  const killing = kill?.afterMs === undefined ? undefined : setTimeout(() => running.kill(kill.signal), kill.afterMs);
  const watch = setInterval(() => {
    rssMiB = Math.max(rssMiB, peakOf(running.pid));
    if (rssMiB > mostRssMiB) running.kill('SIGKILL');
  }, 50);
  running.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    if (kill?.when?.test(stdout)) running.kill(kill.signal);
  });
  running.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [code, signal] = await new Promise((resolve, reject) => {
    running.on('error', reject);
    running.on('close', (...ended) => resolve(ended));
  });
  clearTimeout(hang);
  clearTimeout(killing);
  clearInterval(watch);
  const fault = judge({ code, signal, stderr, hung, rssMiB, killed: kill?.signal });
  return { code, signal, stdout, stderr, rssMiB, fault };
}

function judge({ code, signal, stderr, hung, rssMiB, killed }) {
  const last = stderr.trim().slice(-400);
  if (hung) return `no end within ${hangMs / 1000} s: ${last}`;
  if (rssMiB > mostRssMiB) return `more than ${mostRssMiB} MiB of memory: ${last}`;
  if (signal && signal !== killed) return `ended by ${signal}: ${last}`;
  if (foreign.test(stderr)) return `a foreign error: ${last}`;
  if (code !== null && ![0, 1, 130, 143].includes(code)) return `exit code ${code}: ${last}`;
  if (code === 1 && last === '') return 'failed without a word';
  return undefined;
}

/** The most memory that a process has had, in MiB; 0 where the system does not say. */
function peakOf(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
