/** Runs programs while a server in this process keeps answering. */
import { spawn } from 'node:child_process';
import { env as environment } from 'node:process';

/**
 * Runs a program and returns its output.
 *
 * @throws {Error} with all of its output if it fails or takes longer than `limitMs`
 */
export function execute([command, ...args], { cwd, env = {}, limitMs = 180_000 }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const refuse = (reason) => reject(new Error(`${[command, ...args].join(' ')}: ${reason}\n${output}`));
    child.on('error', ({ message }) => refuse(message));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else refuse(signal ? `ended by ${signal} (at most ${limitMs / 1000} s)` : `exit code ${code}`);
    });
  });
}
