import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { conv2d, relu } from '@ae/layers';
import { findPython } from '@ae/testing/python';
import { layers } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { Autoencoder } from '../../src/entries/index';
import { exportPyTorch, importPyTorch } from '../../src/entries/interchange';
import { weightsOf } from '../../src/network/named-variables';
import { checkCase, exportedCase, folder, runTorch } from './torch-cases';

const python = findPython(['torch', 'numpy', 'safetensors'], 'exported modules in PyTorch');

describe.runIf(python)('as PyTorch', () => {
  it("has PyTorch's names, layouts and results, for images of any size if the network takes them", async () => {
    const cases = [
      await exportedCase('torch7'),
      await exportedCase('transform', [33, 17, 3]),
      await exportedCase('zonal codes of blocks'),
    ];
    const results = runTorch(python as string, cases);
    for (const [i, each] of cases.entries()) checkCase(each, results[i]);
    expect(results[0].shapes).toMatchObject({
      'conv1.weight': [12, 3, 3, 3],
      'conv1.bias': [12],
      'conv3.weight': [24, 12, 3, 3],
      'code.weight': [1568, 384],
      // A module has a method of this name.
      'decode_layer.weight': [384, 1568],
    });
    expect(results[1].code).toEqual([3, 3, 2, 40]);
    for (const { network } of cases) network.dispose();
  });
});

const small = {
  inputShape: [4, 4, 2] as const,
  layers: () => [
    conv2d({ filters: 3, kernelSize: 1, name: 'code' }),
    relu(),
    conv2d({ filters: 2, kernelSize: 3, padding: 1, name: 'back' }),
  ],
};

async function smallNetwork(): Promise<Autoencoder> {
  const network = new Autoencoder({ inputShape: small.inputShape, layers: small.layers() });
  await network.initialize({ seed: 1 });
  return network;
}

describe('exportPyTorch', () => {
  it('refuses an unsupported layer by name, and writes nothing', async () => {
    const network = new Autoencoder({
      inputShape: [4, 4, 1],
      layers: [conv2d({ filters: 1, kernelSize: 1, name: 'code' }), layers.layerNormalization({ name: 'even' })],
    });
    await network.initialize();
    const file = path.join(folder, 'refused.safetensors');
    await expect(exportPyTorch(network, file)).rejects.toThrow(
      /layer "even" \(LayerNormalization\) cannot be exported to PyTorch; use others; known are Conv2D, /,
    );
    expect(existsSync(file)).toBe(false);
    await expect(exportPyTorch(network, 'net.pt')).rejects.toThrow(
      'exportPyTorch, file: expected a name that ends in .safetensors, received "net.pt".',
    );
    network.dispose();
  });

  it('overwrites nothing unless asked', async () => {
    const network = await smallNetwork();
    writeFileSync(path.join(folder, 'there_2.py'), 'mine');
    const file = path.join(folder, 'there-2.safetensors');
    await expect(exportPyTorch(network, file)).rejects.toThrow(
      /there_2\.py already exists; choose another file, or set/,
    );
    expect(existsSync(file)).toBe(false);
    network.dispose();
  });
});

describe('importPyTorch', () => {
  it('restores the same bits, with and without a description of the network', async () => {
    const network = await smallNetwork();
    const file = path.join(folder, 'small.safetensors');
    await exportPyTorch(network, file);
    const described = await importPyTorch(file);
    const given = await importPyTorch(file, { network: { inputShape: small.inputShape, layers: small.layers() } });
    for (const back of [described, given]) {
      for (const [name, weight] of Object.entries(weightsOf(back.model))) {
        expect(weight.dataSync()).toEqual(weightsOf(network.model)[name].dataSync());
      }
      back.dispose();
    }
    network.dispose();
  });

  it('says what is wrong with a file', async () => {
    const network = await smallNetwork();
    const file = path.join(folder, 'whole.safetensors');
    await exportPyTorch(network, file);
    network.dispose();
    const whole = readFileSync(file);
    const read = async (bytes: Uint8Array | string, filters = 3) => {
      const other = path.join(folder, 'other.safetensors');
      writeFileSync(other, bytes);
      const [, ...rest] = small.layers();
      const first = conv2d({ filters, kernelSize: 1, name: 'code' });
      return importPyTorch(other, { network: { inputShape: small.inputShape, layers: [first, ...rest] } });
    };
    const renamed = whole.toString('latin1').replace('"back.bias"', '"back.Bias"');
    await expect(read(Buffer.from(renamed, 'latin1'))).rejects.toThrow(
      'other.safetensors: expected tensors of the network\'s layers, received "back.Bias", which no layer has.',
    );
    await expect(read(whole, 5)).rejects.toThrow(
      'other.safetensors: expected the tensor "code.weight" of [5, 2, 1, 1], received one of [3, 2, 1, 1].',
    );
    await expect(read(whole.subarray(0, -4))).rejects.toThrow(
      /other.safetensors: it is not a readable safetensors file: its tensors have \d+ bytes, but the file has \d+\./,
    );
    await expect(read('PK\x03\x04 some zip of torch.save')).rejects.toThrow(
      /it is not a readable safetensors .*; if torch.save wrote it, save the state_dict with safetensors.torch.save_file instead\./,
    );
    await expect(importPyTorch(path.join(folder, 'nowhere'))).rejects.toThrow(
      /nowhere does not exist; check the path\.$/,
    );
    const nameless = Buffer.from(whole.toString('latin1').replace('"ae.network"', '"ae.Network"'), 'latin1');
    writeFileSync(file, nameless);
    await expect(importPyTorch(file)).rejects.toThrow(
      "whole.safetensors does not say which network its weights belong to; pass it as 'network', or write the file with save() of the exported module.",
    );
  });
});
