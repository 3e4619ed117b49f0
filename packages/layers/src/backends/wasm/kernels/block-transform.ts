/** Block transforms and their adjoints, of blocks whose sides are powers of two. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import {
  AnalyzeBlocks,
  type AnalyzeBlocksAttrs,
  SynthesizeBlocks,
  type SynthesizeBlocksAttrs,
} from '../../../contracts/block-kernels';
import { rowStep } from '../assembly/dist/jobs';
import { cosineSteps } from '../jobs/cosine-steps';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

interface Basis {
  colors: TensorInfo;
  positions?: TensorInfo;
  indices?: TensorInfo;
}

/** Registers the two kernels. */
export function registerBlockTransform(engine: Engine): void {
  registerWasmKernel<Basis & { images: TensorInfo }, AnalyzeBlocksAttrs>(
    AnalyzeBlocks,
    ({ images, ...basis }, { blockSize, count }) => {
      const [n, height, width] = images.shape;
      const coefficients = engine.makeTensor([n, height / blockSize[0], width / blockSize[1], count]);
      run(engine, 'analyzeBlocks', { images, coefficients, ...basis }, blockSize);
      return coefficients;
    },
  );

  registerWasmKernel<Basis & { coefficients: TensorInfo }, SynthesizeBlocksAttrs>(
    SynthesizeBlocks,
    ({ coefficients, ...basis }, { blockSize }) => {
      const [n, rows, columns] = coefficients.shape;
      const images = engine.makeTensor([n, rows * blockSize[0], columns * blockSize[1], basis.colors.shape[0]]);
      run(engine, 'synthesizeBlocks', { images, coefficients, ...basis }, blockSize);
      return images;
    },
  );
}

function run(
  engine: Engine,
  kernel: 'analyzeBlocks' | 'synthesizeBlocks',
  { images, coefficients, colors, ...list }: Basis & { images: TensorInfo; coefficients: TensorInfo },
  [height, width]: readonly [number, number],
): void {
  const [, rows, columns, count] = coefficients.shape;
  const channels = images.shape[3];
  const tables = tablesOf(engine, list, count, [channels, height, width]);
  engine.withMemory(tables.bytes.length, (at) => {
    engine.fill(at, tables.bytes);
    engine.run(
      kernel,
      {
        units: util.sizeFromShape(coefficients.shape.slice(0, 3)),
        scratchBytes: 2 * channels * height * width * 4,
      },
      {
        images: engine.pointer(images),
        coefficients: engine.pointer(coefficients),
        colors: engine.pointer(colors),
        channels,
        height,
        width,
        rows,
        columns,
        count,
        downSteps: at + tables.downSteps,
        downStepCount: cosineSteps(height).steps.length,
        downRows: at + tables.downRows,
        acrossSteps: at + tables.acrossSteps,
        acrossStepCount: cosineSteps(width).steps.length,
        places: at + tables.places,
        indices: at + tables.indices,
        scales: at + tables.scales,
        keptCount: tables.keptCount,
      },
    );
  });
}

/** All tables of a job, and where each begins. */
interface Tables {
  readonly bytes: Uint8Array;
  readonly downSteps: number;
  readonly acrossSteps: number;
  readonly downRows: number;
  readonly places: number;
  readonly indices: number;
  readonly scales: number;
  readonly keptCount: number;
}

function tablesOf(
  engine: Engine,
  { positions, indices }: Omit<Basis, 'colors'>,
  count: number,
  block: readonly [number, number, number],
): Tables {
  const list = (positions ?? indices) as TensorInfo;
  const name = `blocks ${positions ? 'positions' : 'indices'} ${count} ${block}`;
  return engine.finding(list, name, () => {
    const values = numbersOf(engine, list);
    const pairs = Array.from(values, (value, i): [number, number] => (positions ? [value, i] : [i, value]));
    return makeTables(pairs, count, block);
  });
}

function numbersOf(engine: Engine, list: TensorInfo): ArrayLike<number> {
  const floats = engine.floats(engine.pointer(list), util.sizeFromShape(list.shape));
  return list.dtype === 'int32' ? new Int32Array(floats.buffer, floats.byteOffset, floats.length) : floats;
}

/** Concatenates the tables. `pairs`: the position of a coefficient in a block, and its index among those that are kept. */
function makeTables(
  pairs: readonly [number, number][],
  count: number,
  [channels, height, width]: readonly [number, number, number],
): Tables {
  const [down, across] = [cosineSteps(height), cosineSteps(width)];
  const kept = pairs.filter(([at, to]) => to >= 0 && to < count && at >= 0 && at < channels * height * width);
  const downSteps = 0;
  const acrossSteps = down.steps.length * rowStep.bytes;
  const downRows = acrossSteps + across.steps.length * rowStep.bytes;
  const places = downRows + 4 * height;
  const [indices, scales] = [places + 4 * kept.length, places + 8 * kept.length];
  const bytes = new Uint8Array(places + 12 * kept.length);
  const [words, floats] = [new Int32Array(bytes.buffer), new Float32Array(bytes.buffer)];
  for (const [index, step] of [...down.steps, ...across.steps].entries())
    rowStep.write(step, (index * rowStep.bytes) >> 2, words, floats);
  words.set(down.rows, downRows >> 2);
  for (const [i, [at, to]] of kept.entries()) {
    const [v, column] = [at % height, Math.floor(at / height)];
    const [u, plane] = [column % width, Math.floor(column / width)];
    words[(places >> 2) + i] = 4 * ((plane * width + across.rows[u]) * height + v);
    words[(indices >> 2) + i] = 4 * to;
    floats[(scales >> 2) + i] = down.scales[v] * across.scales[u];
  }
  return { bytes, downSteps, acrossSteps, downRows, places, indices, scales, keptCount: kept.length };
}
