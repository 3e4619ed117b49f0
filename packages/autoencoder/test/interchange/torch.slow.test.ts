import path from 'node:path';
import { conv2d } from '@ae/layers';
import { findPython, runPython } from '@ae/testing/python';
import { describe, expect, it } from 'vitest';
import { importPyTorch } from '../../src/entries/interchange';
import { weightsOf } from '../../src/network/named-variables';
import { torchNetworks } from './networks';
import {
  checkCase,
  expectClose,
  exportedCase,
  folder,
  imagesOf,
  inTorch,
  runTorch,
  type TorchCase,
} from './torch-cases';

const python = findPython(['torch', 'numpy', 'safetensors'], 'exported modules in PyTorch');

describe.runIf(python)('as PyTorch', () => {
  it('computes the same, learns there, and comes back', async () => {
    const cases: TorchCase[] = [];
    // With several blocks, a truncated one shows more, and takes as long.
    const names = Object.keys(torchNetworks).filter((name) => name !== 'transform of blocks');
    for (const name of names) cases.push(await exportedCase(name));
    const results = runTorch(python as string, cases, true);
    for (const [i, each] of cases.entries()) {
      checkCase(each, results[i]);
      const trained = await importPyTorch(`${each.weights}.trained.safetensors`);
      expectClose(`${each.weights}.trained`, inTorch(trained.forward(imagesOf(trained, each.samples))));
      trained.dispose();
      const back = await importPyTorch(each.weights);
      const own = weightsOf(each.network.model);
      for (const [name, weight] of Object.entries(weightsOf(back.model))) {
        expect(weight.dataSync(), `${each.name}: ${name}`).toEqual(own[name].dataSync());
      }
      back.dispose();
      each.network.dispose();
    }
  });

  it('reads 16-bit and 64-bit numbers written by safetensors', async () => {
    const file = path.join(folder, 'types.safetensors');
    const program = [
      'import json, sys, torch, safetensors.torch',
      'values = lambda *shape: (torch.arange(torch.Size(shape).numel()) - 3).reshape(shape) / 7',
      'tensors = {"code.weight": values(3, 2, 1, 1).half(), "code.bias": values(3).bfloat16()}',
      'tensors |= {"back.weight": values(2, 3, 3, 3).double(), "back.bias": values(2)}',
      'safetensors.torch.save_file(tensors, sys.argv[1])',
      'print(json.dumps({name: value.float().flatten().tolist() for name, value in tensors.items()}))',
    ].join('\n');
    const expected = runPython<Record<string, number[]>>(python as string, '-c', program, file);
    const layers = [
      conv2d({ filters: 3, kernelSize: 1, name: 'code' }),
      conv2d({ filters: 2, kernelSize: 3, padding: 1, name: 'back' }),
    ];
    const network = await importPyTorch(file, { network: { inputShape: [4, 4, 2], layers } });
    const weights = weightsOf(network.model);
    expect([...weights['code/bias'].dataSync()]).toEqual(expected['code.bias']);
    const kernel = expected['code.weight'];
    expect([...weights['code/kernel'].dataSync()]).toEqual([0, 2, 4, 1, 3, 5].map((i) => kernel[i]));
    expect(weights['back/kernel'].dataSync()[1]).toBe(expected['back.weight'][27]);
    network.dispose();
  });
});
