/** The Python for training: whether it exists, and has the required packages. */
import { spawn } from 'node:child_process';
import { AutoencoderError } from '../errors/errors';

/** The modules that train_ddp.py imports, and their names in pip. */
const needed: Readonly<Record<string, string>> = {
  torch: 'torch',
  numpy: 'numpy',
  lmdb: 'lmdb',
  safetensors: 'safetensors',
};
const neededForFiles = { cv2: 'opencv-python-headless' };

const script = `
import importlib.util, json, sys
missing = [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]
print(json.dumps({"missing": missing, "version": "%d.%d" % sys.version_info[:2]}))
`;

/**
 * Throws DEPENDENCY_MISSING, with the command that helps, unless `python` has the packages for training; `files`: images are stored as
 * files.
 */
export async function checkPython(python: string, { files = false } = {}): Promise<void> {
  const packages = { ...needed, ...(files && neededForFiles) };
  const { status, output, error } = await run(python, ['-c', script, ...Object.keys(packages)]);
  if (status !== 0) throw noPython(python, error);
  const { missing, version } = JSON.parse(output) as { missing: string[]; version: string };
  if (missing.length === 0) return;
  const names = missing.map((name) => packages[name as keyof typeof packages]);
  throw dependencyMissing({
    state: `${python} (Python ${version}) lacks ${names.join(', ')}, which training with torchrun needs`,
    todo: `install what is missing (${python} -m pip install ${names.join(' ')}), or name another Python (option python)`,
  });
}

function noPython(python: string, reason: string): AutoencoderError {
  return dependencyMissing({
    state: `torchrun needs Python, but "${python}" does not run${reason ? ` (${reason})` : ''}`,
    todo: 'install Python 3.10 or later with torch, numpy, lmdb and safetensors, or name the Python to use (option python)',
  });
}

function dependencyMissing(what: { readonly state: string; readonly todo: string }): AutoencoderError {
  // The caller's interface may have another name for this option.
  return new AutoencoderError('DEPENDENCY_MISSING', Object.assign(what, { option: 'python' }));
}

function run(program: string, args: readonly string[]): Promise<{ status: number; output: string; error: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, error] = ['', ''];
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      error += data;
    });
    child.on('error', ({ message }) => resolve({ status: -1, output, error: message }));
    child.on('close', (status) =>
      resolve({ status: status ?? -1, output, error: error.trim().split('\n').at(-1) ?? '' }),
    );
  });
}
