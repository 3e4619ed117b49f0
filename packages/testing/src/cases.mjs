/** Runs many cases in a child process, which may crash or hang on any of them. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';

/** @typedef {{ i: number, outcome: string, bug?: string }} CaseResult the number of the case, how it ended, and what is wrong with that */

/**
 * Runs cases from `first` to before `last` in one process of Node.js, which prints a line of JSON for each; after one that died or hung
 * another process goes on. That case is reported with the outcome `death` or `hang`.
 *
 * @param {(first: number) => readonly string[]} argsFrom the arguments of Node.js for the cases from a number on
 * @param {object} options
 * @param {number} options.first
 * @param {number} options.last
 * @param {number} options.hangMs the longest time without a line
 * @param {(result: CaseResult) => void} options.report takes what the lines say
 * @returns {Promise<void>}
 */
export async function runCases(argsFrom, { first, last, hangMs, report }) {
  const running = spawn(process.execPath, argsFrom(first), { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  running.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  let next = first;
  let hung = false;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      hung = true;
      running.kill('SIGKILL');
    }, hangMs);
  };
  watch();
  /** @type {Promise<{ code: number | null, signal: string | null }>} */
  const ended = new Promise((resolve) => running.on('close', (code, signal) => resolve({ code, signal })));
  for await (const line of createInterface({ input: running.stdout })) {
    report(JSON.parse(line));
    next++;
    watch();
  }
  const { code, signal } = await ended;
  clearTimeout(timer);
  if (next >= last && code === 0) return;
  report({ i: next, outcome: hung ? 'hang' : 'death', bug: `${signal ?? code}: ${stderr.slice(-2000)}` });
  if (next + 1 < last) await runCases(argsFrom, { first: next + 1, last, hangMs, report });
}
