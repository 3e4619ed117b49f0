import { existsSync, readFileSync } from 'node:fs';
import { Autoencoder } from '@ae/autoencoder';
import { afterAll, expect, test } from 'vitest';
import { makeFolder, remove } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));

test('ae export-model writes a network as ONNX, in parts on request, and for PyTorch', async () => {
  const network = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4 });
  await network.initialize();
  await network.save(`${folder}/model`);
  network.dispose();
  expect(await aeOk(folder, 'export-model', 'model', 'net.onnx')).toBe(
    'net.onnx: the network as ONNX, opset 17\n  images  float32 [N, 3, height, width] of 16x16, 0 to 255, rgb\n',
  );
  // Names appear in the file as plain text.
  expect(readFileSync(`${folder}/net.onnx`).toString('latin1')).toMatch(/unpool1\/DepthToSpace.*reconstructions/s);
  const decoder = ['export-model', 'model', 'decoder.onnx', '--part', 'decoder', '--unpooling', 'operator', '--json'];
  expect(JSON.parse(await aeOk(folder, ...decoder))).toMatchObject({ part: 'decoder', format: 'onnx' });
  expect(readFileSync(`${folder}/decoder.onnx`).toString('latin1')).toMatch(/pool1_mask.*MaxUnpool/s);
  const again = await ae(folder, 'export-model', 'model', 'net.onnx');
  expect(again.stderr).toBe('ae export-model: net.onnx already exists; delete it or choose another name.\n');
  const wrong = await ae(folder, 'export-model', 'model', 'other.onnx', '--opset', '12');
  expect(wrong.stderr).toContain('--opset: expected a whole number from 13 to 21, received "12".');
  expect(existsSync(`${folder}/other.onnx`)).toBe(false);

  // The weights of a network, and beside them the module that they belong to.
  expect(await aeOk(folder, 'export-model', 'model', 'net-1.safetensors')).toBe(
    "net-1.safetensors: the weights, under PyTorch's names\nnet_1.py: the network; it needs only torch\n" +
      '  images  float32 [N, 3, height, width] of 16x16, 0 to 255, rgb\n',
  );
  expect(readFileSync(`${folder}/net_1.py`, 'utf8')).toContain('self.conv1 = nn.Conv2d(3, 12, 3, padding=1)');
  const part = await ae(folder, 'export-model', 'model', 'other.safetensors', '--part', 'encoder');
  expect(part.stderr).toBe('ae export-model: --part applies to ONNX, not PyTorch; leave it out.\n');
  const astray = await ae(folder, 'export-model', 'model', 'no/folder/net.onnx');
  expect(astray.stderr).toBe(
    'ae export-model: no/folder/net.onnx is in a folder that does not exist; create that folder first.\n',
  );
  const misnamed = await ae(folder, 'export-model', 'model', 'net.h5', '--format', 'keras');
  expect(misnamed.stderr).toBe(
    'ae export-model: net.h5: Keras only opens files whose names end in .keras; choose such a name.\n',
  );
  const nameless = await ae(folder, 'export-model', 'model', 'net.bin');
  expect(nameless.stderr).toBe(
    'ae export-model: net.bin: the name does not show its format; expected one that ends in .onnx (ONNX), .safetensors (PyTorch) or .keras (Keras).\n',
  );
}, 60_000);
