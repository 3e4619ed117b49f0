/** Checks the manifests against the published schemas of Kubernetes, and what the pages say of them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findPython, runPython } from '@ae/testing/python';
import { parse } from 'yaml';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const manifests = readdirSync(here('kubernetes')).map((name) => here(`kubernetes/${name}`));
const scripts = readdirSync(here('slurm')).map((name) => here(`slurm/${name}`));

const validate = `
import json, sys, yaml, kubernetes_validate
version = kubernetes_validate.latest_version()
for file in sys.argv[1:]:
    for document in yaml.safe_load_all(open(file)):
        kubernetes_validate.validate(document, version, strict=True)
print(json.dumps(version))
`;
const python = findPython(['kubernetes-validate'], 'the schemas of Kubernetes');

test('the manifests are what the schemas of Kubernetes allow, and nothing else', { skip: !python }, () => {
  assert.equal(manifests.length, 4);
  assert.match(runPython(python, '-c', validate, ...manifests), /^1\.\d+/);
  assert.throws(() => runPython(python, '-c', validate, here('stand-ins/wrong.yaml')), /completion/);
});

test('Indexed Jobs say in AE_SHARDS how many completions they have', () => {
  for (const file of manifests) {
    const { completions, parallelism, completionMode, template } = parse(readFileSync(file, 'utf8')).spec;
    const [{ command, env = [] }] = template.spec.containers;
    assert.equal(completionMode === 'Indexed', command.includes('--shard'), file);
    if (completionMode !== 'Indexed') continue;
    assert.deepEqual(env, [{ name: 'AE_SHARDS', value: String(completions) }]);
    assert.equal(parallelism, completions);
  }
});

test('the scripts are sound, and ask for arrays where they take parts', { skip: process.platform === 'win32' }, () => {
  for (const file of scripts) {
    assert.deepEqual(spawnSync('bash', ['-n', file]).status, 0, file);
    const text = readFileSync(file, 'utf8');
    assert.equal(/^#SBATCH --array=0-3$/m.test(text), text.includes('--shard auto'), file);
  }
});
