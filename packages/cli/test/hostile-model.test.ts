/** What `ae test` says about a network with damaged or hostile files. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Autoencoder } from '@ae/autoencoder';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonLines, makeFolder, makeLmdb, plainDatum, remove } from './ae';
import { ae } from './one-process';

const folder = makeFolder();
const model = path.join(folder, 'model');
const weightsFile = path.join(model, 'weights.bin');

beforeAll(async () => {
  await makeLmdb(path.join(folder, 'db'), [plainDatum(16, 16), plainDatum(16, 16)]);
  const network = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4 });
  await network.initialize({ seed: 1 });
  await network.save(model);
  network.dispose();
});
afterAll(() => remove(folder));

test('damaged weights are an error, and weights that are NaN a note', async () => {
  const weights = readFileSync(weightsFile);
  weights.writeFloatLE(Number.NaN, 0);
  writeFileSync(weightsFile, weights);
  const damaged = await ae(folder, 'test', 'model', 'db');
  expect(damaged).toMatchObject({ code: 1, stdout: '' });
  expect(damaged.stderr).toMatch(/weights.bin: expected weights with the checksum [0-9a-f]{8}, received [0-9a-f]{8}; /);

  const json = JSON.parse(readFileSync(path.join(model, 'model.json'), 'utf8'));
  delete json.weightsManifest[0].crc32;
  writeFileSync(path.join(model, 'model.json'), JSON.stringify(json));
  const said = await ae(folder, 'test', 'model', 'db', '--no-baselines', '--no-report', '--json');
  expect(jsonLines(said.stderr)).toContainEqual({
    event: 'warning',
    message: expect.stringMatching(/^model: 1 of the 324 weights of conv1\/kernel are NaN or infinite/),
  });
  const { stdout } = await ae(folder, 'test', 'model', 'db', '--no-baselines', '--no-report');
  expect(stdout).toContain('NaN dB (NaN pooled)');
  expect(stdout).not.toContain('∞');
});
