/** Finds a Python with the modules that a test compares with: AE_PYTHON, else python3. A missing one is a loud skip. */
import { spawnSync } from 'node:child_process';
import { FIXTURES } from './golden';

/**
 * @param modules Modules that must import.
 * @returns The program to run, or undefined if it isn't there; with AE_REQUIRE_PYTHON=1 that is an error.
 */
export function findPython(modules: string[], skipped: string): string | undefined {
  const program = process.env.AE_PYTHON ?? 'python3';
  const { status } = spawnSync(program, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
  if (status === 0) return program;
  const message = `SKIPPED: ${skipped}: ${program} can't import ${modules.join(', ')} (set AE_PYTHON to one that can)`;
  if (process.env.AE_REQUIRE_PYTHON === '1') throw new Error(message);
  console.warn(message);
  return undefined;
}

/** Runs a script of test/fixtures and parses what it prints. */
export function runPython<T>(program: string, script: string, ...args: string[]): T {
  const result = spawnSync(program, ['-B', `${FIXTURES}/${script}`, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${script}: ${result.error ?? result.stderr}`);
  return JSON.parse(result.stdout) as T;
}
