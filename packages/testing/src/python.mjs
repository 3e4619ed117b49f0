/** Finds and runs the Python that tests compare with: the one that AE_PYTHON names, otherwise python3. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { isRequired, reportMissing, requiredWords } from './requirements.mjs';

/** What a test imports, by the words of AE_REQUIRE. */
const modules = {
  keras: 'keras',
  'kubernetes-validate': 'kubernetes_validate',
  lmdb: 'lmdb',
  numpy: 'numpy',
  onnx: 'onnx',
  onnxruntime: 'onnxruntime',
  opencv: 'cv2',
  protobuf: 'google.protobuf',
  pyarrow: 'pyarrow.parquet',
  safetensors: 'safetensors.numpy',
  tensorboard: 'tensorboard.backend.event_processing.event_accumulator',
  torch: 'torch',
  torchfile: 'torchfile',
  webdataset: 'webdataset',
};

/** @typedef {keyof typeof modules} PythonPackage */

/**
 * @param {string} word
 * @returns {word is PythonPackage}
 */
export const isPythonPackage = (word) => Object.hasOwn(modules, word);

/** Returns the program, which may not exist. */
export function pythonProgram() {
  return process.env.AE_PYTHON || (process.platform === 'win32' ? 'python' : 'python3');
}

/**
 * Returns the Python to compare with, or undefined after a word on what is skipped where it cannot import `packages`.
 *
 * @param {readonly PythonPackage[]} packages
 * @param {string} skipped the tests that need it
 * @throws {Error} where AE_REQUIRE names what is missing
 */
export function findPython(packages, skipped) {
  requiredWords();
  const program = pythonProgram();
  const advice = 'set AE_PYTHON to a Python that has it.';
  if (!importFailure(program, packages)) return program;
  const failure = importFailure(program, []);
  if (failure) {
    const word = packages.find(isRequired) ?? 'python';
    reportMissing(word, `${program} does not run: ${failure}; ${advice}`, skipped);
  }
  for (const name of failure ? [] : packages) {
    const reason = importFailure(program, [name]);
    if (reason) reportMissing(name, `${program} cannot import ${modules[name]}: ${reason}; ${advice}`, skipped);
  }
  return undefined;
}

/**
 * Returns why an import fails; undefined where it works.
 *
 * @param {string} program
 * @param {readonly PythonPackage[]} packages
 */
function importFailure(program, packages) {
  const script = packages.map((name) => `import ${modules[name]}`).join('\n');
  const { status, stderr, error } = spawnSync(program, ['-c', script], { encoding: 'utf8', env: environment() });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim().split('\n').at(-1) || `exit code ${status}`);
}

/** Keras uses PyTorch unless set otherwise: TensorFlow for Python is not among the peers. */
function environment() {
  return { KERAS_BACKEND: 'torch', ...process.env };
}

/**
 * Runs a Python program and returns the JSON that it prints.
 *
 * @template T
 * @param {string} program
 * @param {readonly string[]} args a script and its arguments, or -c and a text
 * @returns {T}
 * @throws {Error} with what Python prints on stderr
 */
export function runPython(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, ['-B', ...args], {
    encoding: 'utf8',
    env: environment(),
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${args[0]}: ${error?.message ?? stderr}`);
  return JSON.parse(stdout);
}
