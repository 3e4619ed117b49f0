/**
 * Extracts TensorFlow's libraries from the official Python wheels, which are downloaded by pip, so that its mirror and proxy settings
 * apply.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cudaRequirement, type Requirement, tensorflowRequirement } from './pinned-wheels';
import { exists, failure, makeFolder, runTool } from './tools';

/** A wheel of TensorFlow, and the Python whose pip downloads it. */
export interface Wheel {
  readonly python: string;
  readonly name: 'tensorflow' | 'tensorflow-cpu';
  readonly version: string;
}

/**
 * The libraries are the same in the wheels for every version of Python; these exist for all recent TensorFlows, whatever version `python`
 * is.
 */
const pythonOfWheels = '3.11';

const tensorflowParts =
  'tensorflow/libtensorflow_|tensorflow/include/(tensorflow/c|tensorflow/core/platform|xla|tsl)/|tensorflow.*[.]dist-info/METADATA';

/** Puts TensorFlow's libraries and headers into `folder`/tensorflow, once. */
export async function unpackTensorflow({ python, name, version }: Wheel, folder: string): Promise<void> {
  await makeFolder(folder, async (partial) => {
    await unpackWheel(python, tensorflowRequirement(name, version), tensorflowParts, partial);
    for (const library of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
      if (await exists(path.join(partial, 'tensorflow', library))) continue;
      throw failure(`expected ${library} in the wheel of ${name} ${version}, found none; choose another version`);
    }
  });
}

/**
 * Puts the CUDA libraries that the wheel lists as its extra `and-cuda` into `folder`/nvidia, each once: next to `folder`/tensorflow, as in
 * Python's site-packages, TensorFlow's libraries find them by relative paths.
 */
export async function unpackCuda(
  python: string,
  folder: string,
  tried: boolean,
  started: (requirement: string) => void,
): Promise<void> {
  for (const requirement of await cudaRequirements(folder)) {
    const mark = path.join(folder, `.${/^[\w.-]+/.exec(requirement)}`);
    if (await exists(mark)) continue;
    started(requirement);
    const partial = `${folder}.cuda.partial`;
    await rm(partial, { recursive: true, force: true });
    await unpackWheel(python, cudaRequirement(requirement, tried), 'nvidia/\\w+/(lib|nvvm/libdevice)/', partial);
    await mkdir(path.join(folder, 'nvidia'), { recursive: true });
    for (const component of await readdir(path.join(partial, 'nvidia'))) {
      const target = path.join(folder, 'nvidia', component);
      await rm(target, { recursive: true, force: true });
      await rename(path.join(partial, 'nvidia', component), target);
    }
    await rm(partial, { recursive: true });
    await writeFile(mark, '');
  }
}

async function cudaRequirements(folder: string): Promise<string[]> {
  const information = (await readdir(folder)).find((name) => name.endsWith('.dist-info'));
  const metadata = await readFile(path.join(folder, information ?? '', 'METADATA'), 'utf8');
  const lines = metadata.matchAll(/^Requires-Dist: ([^;\n]+?)\s*;\s*extra == ["']and-cuda["']/gm);
  return Array.from(lines, ([, requirement]) => requirement);
}

/**
 * Downloads one wheel and unpacks the files whose names match the beginning given by the regular expression `parts`. Python runs isolated
 * (-I), so that nothing in the current folder is imported as a module.
 */
async function unpackWheel(python: string, requirement: Requirement, parts: string, folder: string): Promise<void> {
  const downloads = path.join(folder, '.downloads');
  await mkdir(downloads, { recursive: true });
  const wanted = path.join(folder, '.requirements');
  await writeFile(wanted, `${requirement.text}\n`);
  const pip = ['-I', '-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--no-deps'];
  const which = ['--only-binary=:all:', '--python-version', pythonOfWheels, '--dest', downloads, '-r', wanted];
  const ifMissing = 'install Python 3 with pip, or name another python with --python';
  await runTool({
    ...{
      name: 'pip',
      command: [python, ...pip, ...(requirement.pinned ? ['--require-hashes'] : []), ...which],
      ifMissing,
    },
    ifFailed: 'check that `python -m pip download` works, or choose another version with --tensorflow',
  });
  const wheels = (await readdir(downloads)).map((file) => path.join(downloads, file));
  await runTool({
    ...{ name: 'unpacking', command: [python, '-I', '-c', unzip, parts, folder, ...wheels], ifMissing },
    ifFailed: 'install it again',
  });
  await rm(downloads, { recursive: true });
  await rm(wanted);
}

const unzip = `
import re, sys, zipfile
parts, folder, *wheels = sys.argv[1:]
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if re.match(parts, name)])`;
