/**
 * Runs the built command in a process that goes on: to load TensorFlow.js anew takes longer than most commands do. For tests of what
 * commands say and write; those of processes (signals, pipes, environments) start their own, by ./ae.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { type Finished, mainFile, outputOf } from './ae';

const runner = fileURLToPath(new URL('one-process.cjs', import.meta.url));
let running: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

afterAll(() => void running?.kill());

/** Runs `ae` to its end in the folder `cwd`, after those that were asked for before. */
export function ae(cwd: string, ...args: string[]): Promise<Finished> {
  const finished = last.then(() => run(cwd, args));
  last = finished.catch(() => {});
  return finished;
}

/** Runs `ae` and returns what it printed; throws what it complained of when it failed. */
export async function aeOk(cwd: string, ...args: string[]): Promise<string> {
  return outputOf(args, await ae(cwd, ...args));
}

function run(cwd: string, args: readonly string[]): Promise<Finished> {
  running ??= fork(runner, [mainFile], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const child = running;
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => {
      running = undefined;
      reject(new Error(`ae ${args.join(' ')} ended its process with code ${code}.`));
    };
    child.once('exit', onExit);
    child.once('message', (finished: Finished) => {
      child.off('exit', onExit);
      resolve(finished);
    });
    child.send({ args, cwd });
  });
}
