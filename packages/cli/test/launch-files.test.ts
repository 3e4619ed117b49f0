/** The files that start a training run that was handed over: manifests for Kubernetes, scripts for Slurm and torchrun. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPython, runPython } from '@ae/testing/python';
import { afterAll, expect, test } from 'vitest';
import { makeFolder, remove } from './ae';

const launch = fileURLToPath(new URL('../../autoencoder/torch/launch/', import.meta.url));
const validate = fileURLToPath(new URL('launch_files.py', import.meta.url));
const python = findPython(['kubernetes-validate'], 'manifests of trainings by torchrun');
const folder = makeFolder();
afterAll(() => remove(folder));

const files = readdirSync(launch);
const inLaunch = (name: string) => path.join(launch, name);

test.skipIf(!python)('manifests conform to the schemas of Kubernetes and to the fields of a PyTorchJob', () => {
  const manifests = files.filter((name) => name.endsWith('.yaml'));
  expect(manifests).toEqual(['indexed-job.yaml', 'pytorchjob.yaml']);
  const documents = runPython<ReturnType<typeof JSON.parse>>(python as string, validate, ...manifests.map(inLaunch));
  expect(documents.map(({ kind }: { kind: string }) => kind)).toEqual(['Service', 'Job', 'PyTorchJob']);
  const [service, job] = documents;
  // Pods find the first one by the name that the service gives it.
  const [{ command }] = job.spec.template.spec.containers;
  expect(command.at(-1)).toContain(`--master-addr ${job.metadata.name}-0.${service.metadata.name} `);
  expect(command.at(-1)).toContain(`--nnodes ${job.spec.completions} `);
  expect([job.spec.template.spec.subdomain, job.spec.parallelism]).toEqual([
    service.metadata.name,
    job.spec.completions,
  ]);
  for (const [name, from, to] of [
    ['indexed-job.yaml', 'backoffLimit', 'backofLimit'],
    ['pytorchjob.yaml', 'mountPath', 'mountpath'],
    ['pytorchjob.yaml', 'restartPolicy', 'restart'],
  ]) {
    const wrong = path.join(folder, name);
    writeFileSync(wrong, readFileSync(inLaunch(name), 'utf8').replaceAll(from, to));
    expect(() => runPython(python as string, validate, wrong), `${from} as ${to}`).toThrow();
  }
});

test.skipIf(process.platform === 'win32')('scripts are valid', () => {
  const scripts = files.filter((name) => /\.(sh|sbatch)$/.test(name));
  expect(scripts).toEqual(['slurm.sbatch', 'torchrun.sh']);
  for (const name of scripts) expect(spawnSync('bash', ['-n', inLaunch(name)]).status, name).toBe(0);
});

test('the README names all files, and no others', () => {
  const text = readFileSync(inLaunch('README.md'), 'utf8');
  const program = readdirSync(path.join(launch, '..')).filter((name) => name.endsWith('.py'));
  for (const name of [...files, ...program].filter((name) => name !== 'README.md'))
    expect(text).toContain(`\`${name}\``);
});
