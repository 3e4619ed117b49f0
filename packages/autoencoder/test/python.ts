import { spawnSync } from 'node:child_process';

/**
 * Returns the Python to compare with: AE_PYTHON, else python3, if it can import `modules`; or undefined after a loud word
 * on what is skipped. With AE_REQUIRE_PYTHON=1 its absence is an error.
 */
export function findPython(modules: readonly string[], skipped: string): string | undefined {
  const program = process.env.AE_PYTHON ?? 'python3';
  const { status } = spawnSync(program, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
  if (status === 0) return program;
  const message = `SKIPPED: ${skipped}: ${program} can't import ${modules.join(', ')} (set AE_PYTHON to one that can)`;
  if (process.env.AE_REQUIRE_PYTHON === '1') throw new Error(message);
  console.warn(message);
  return undefined;
}

/** Runs a program text and parses the JSON that it prints. */
export function runPython<T>(program: string, text: string, ...args: string[]): T {
  const { status, stdout, stderr } = spawnSync(program, ['-c', text, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}
