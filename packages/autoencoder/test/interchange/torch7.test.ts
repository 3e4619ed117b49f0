import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPython, runPython } from '@ae/testing/python';
import { sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../src/entries/index';
import { importTorch7 } from '../../src/entries/interchange';
import { readT7 } from '../../src/interchange/torch7/t7-reader';
import { T7Object, T7Storage, T7Table, T7Tensor, type T7Value } from '../../src/interchange/torch7/t7-values';
import golden from '../golden/torch7.json';
import { tiedSamples } from './networks';

const python = findPython(['numpy', 'torchfile'], 'files of Torch7 beside torchfile');
const folder = sharedFolder();

function fileOf(name: string): string {
  return fileURLToPath(new URL(`../golden/torch7/${name}.t7`, import.meta.url));
}

beforeAll(async () => {
  await useBackend('wasm');
});

type Case = keyof typeof golden.cases;

describe('importTorch7', () => {
  it.each([
    ['author', 'author'],
    ['mirrored', 'mirrored'],
    ['mirrored-8', 'mirrored'],
    ['padded', 'padded'],
  ] as [string, Case][])('%s: reconstructs as PyTorch does with its weights', async (file, name) => {
    const { shape, images, expected } = golden.cases[name];
    const network = await importTorch7(fileOf(file));
    expect(network.inputShape).toEqual(shape);
    expect(network.pixels).toEqual({ scale: 1 / 256, channelOrder: 'bgr' });
    const made = tf.tidy(() =>
      network.forward(tf.tensor4d(images, [2, ...(shape as [number, number, number])])).dataSync(),
    );
    const most = Math.max(...expected.map(Math.abs));
    const distance = expected.reduce((largest, value, i) => Math.max(largest, Math.abs(value - made[i])), 0);
    expect(distance / most).toBeLessThan(1e-5);
    network.dispose();
  });

  it('returns a network that can be trained further and saved like any other', async () => {
    const network = await importTorch7(fileOf('author'), { pixels: { channelOrder: 'rgb' } });
    expect(network.codeSize).toBe(10);
    expect(network.sizes.masks.map(({ usedChannels }) => usedChannels)).toEqual([4, 4]);
    const samples = tiedSamples(8, [16, 16, 3]);
    const { epochs } = await network.train(samples, { epochs: 6, recipe: 'plain', batchSize: 4 });
    expect(epochs[5].loss).toBeLessThan(epochs[0].loss);
    await network.save(path.join(folder, 'trained'));
    network.dispose();
  });

  it.runIf(python)('reads the tensors that torchfile reads', () => {
    const names = ['author', 'mirrored-8', 'padded'];
    const program = [
      'import json, sys, numpy, torchfile',
      'def modules(file):',
      '    read = torchfile.load(file)',
      '    return (read if isinstance(read, torchfile.TorchObject) else read[b"net"])._obj[b"modules"]',
      'def tensors(module):',
      '    found = {name.decode(): value for name, value in module._obj.items() if isinstance(value, numpy.ndarray)}',
      '    return {name: [float(x) for x in value.ravel()] for name, value in found.items()}',
      'print(json.dumps([[tensors(module) for module in modules(file)] for file in sys.argv[1:]]))',
    ].join('\n');
    const theirs = runPython<Record<string, number[]>[][]>(python as string, '-c', program, ...names.map(fileOf));
    const ours = names.map((name) => modulesIn(readT7(readFileSync(fileOf(name)))).map(tensorsOf));
    expect(ours).toEqual(theirs);
  });

  it('says what is wrong with a file, and where', async () => {
    const whole = readFileSync(fileOf('author'));
    const file = path.join(folder, 'other.t7');
    const read = (bytes: Uint8Array | string) => {
      writeFileSync(file, bytes);
      return importTorch7(file);
    };
    const start = 'other.t7: it is not a readable Torch7 network: ';
    await expect(read(whole.subarray(0, 9000))).rejects.toThrow(
      /other.t7: it is not a readable Torch7 network: at byte \d+, the file ends in the middle of a value\./,
    );
    await expect(read('4\n1\n3\nV 1\n')).rejects.toThrow(
      `${start}it is in Torch7's text format; load it there, and save it`,
    );
    await expect(read('no file of Torch')).rejects.toThrow(
      `${start}at byte 4, there is no kind of value with the number`,
    );
    const strange = Buffer.from(whole.toString('latin1').replaceAll('nn.ReLU', 'nn.RRRU'), 'latin1');
    await expect(read(strange)).rejects.toThrow(
      `${start}module 2 is of nn.RRRU, which has no counterpart here; supported are nn.Spatial`,
    );
    await expect(importTorch7(fileOf('author'), { size: [20, 20] })).rejects.toThrow(
      'module 9 (nn.Reshape) makes 128 of 5x5x8, which has 200 numbers.',
    );
    await expect(read(endless())).rejects.toThrow(`${start}it has more than 2000 modules.`);
    // A text, a table, a storage and a tensor that claim to have gigabytes.
    for (const bytes of hostile()) await expect(read(bytes)).rejects.toThrow(start);
  });

  it('reports changed bytes, whatever they turn the file into', () => {
    const whole = readFileSync(fileOf('mirrored'));
    for (let at = 0; at < whole.length; at += 101) {
      const changed = Buffer.from(whole);
      changed[at] ^= 0xff;
      try {
        modulesIn(readT7(changed)).map(tensorsOf);
      } catch (error) {
        expect((error as Error).constructor.name).toBe('Unexpected');
      }
    }
  });
});

/** A network of 40 containers, each of which contains the next one twice: it has no modules, but 2 ** 40 positions for them. */
function endless(): Buffer {
  const ints = (...values: number[]) => Buffer.from(Int32Array.from(values).buffer);
  const text = (value: string) => Buffer.concat([ints(value.length), Buffer.from(value)]);
  const number = (value: number) => Buffer.concat([ints(1), Buffer.from(Float64Array.of(value).buffer)]);
  const container = (depth: number): Buffer => {
    const [own, next] = [3 * depth, 3 * (depth + 1)];
    const parts = depth < 40 ? [ints(2), number(1), container(depth + 1), number(2), ints(4, next)] : [ints(0)];
    const head = [ints(4, own), text('V 1'), text('nn.Sequential'), ints(3, own + 1, 1), ints(2), text('modules')];
    return Buffer.concat([...head, ints(3, own + 2), ...parts]);
  };
  return container(1);
}

/** Files that claim much and contain little. */
function hostile(): Uint8Array[] {
  const ints = (...values: number[]) => Buffer.from(Int32Array.from(values).buffer);
  const longs = (...values: bigint[]) => Buffer.from(BigInt64Array.from(values).buffer);
  const text = (value: string) => Buffer.concat([ints(value.length), Buffer.from(value)]);
  const many = 2n ** 40n;
  const storage = Buffer.concat([ints(4, 2), text('V 1'), text('torch.FloatStorage'), longs(1n), ints(0)]);
  const tensor = (...sizes: bigint[]) =>
    Buffer.concat([ints(4, 1), text('V 1'), text('torch.FloatTensor'), ints(2), longs(...sizes, 0n, 0n, 1n), storage]);
  const inTable = (value: Uint8Array) =>
    Buffer.concat([
      ints(4, 9),
      text('V 1'),
      text('nn.Sequential'),
      ints(3, 10, 1),
      ints(1),
      Buffer.from(Float64Array.of(1).buffer),
      value,
    ]);
  return [
    Buffer.concat([ints(2, 2 ** 30), Buffer.from('short')]),
    ints(3, 1, 2 ** 28, 0, 0),
    Buffer.concat([ints(4, 1), text('V 1'), text('torch.DoubleStorage'), longs(many)]),
    inTable(tensor(many, many)),
    // Tables within tables.
    Buffer.concat([...Array.from({ length: 5000 }, (_, i) => ints(3, i + 1, 1)), ints(0, 0)]),
  ];
}

function modulesIn(value: T7Value): T7Object[] {
  const root = value instanceof T7Table ? value.entries.get('net') : value;
  const list = root instanceof T7Object ? root.get('modules') : undefined;
  return list instanceof T7Table ? (list.list.filter((each) => each instanceof T7Object) as T7Object[]) : [];
}

/** The numbers of a module's tensors and sizes, by name. */
function tensorsOf({ fields }: T7Object): Record<string, number[]> {
  const entries = fields instanceof T7Table ? [...fields.entries] : [];
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      if (value instanceof T7Tensor) return [[name, [...value.values()]]];
      return value instanceof T7Storage ? [[name, value.values(8)]] : [];
    }),
  );
}
