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

interface Lists {
  colors: TensorInfo;
  positions: TensorInfo;
  indices: TensorInfo;
}

/** Registers the two kernels. */
export function registerBlockTransform(engine: Engine): void {
  registerWasmKernel<Lists & { images: TensorInfo }, AnalyzeBlocksAttrs>(
    AnalyzeBlocks,
    ({ images, ...lists }, { blockSize, count }) => {
      const [n, height, width] = images.shape;
      const coefficients = engine.makeTensor([n, height / blockSize[0], width / blockSize[1], count]);
      run(engine, 'analyzeBlocks', { images, coefficients, ...lists }, blockSize);
      return coefficients;
    },
  );

  registerWasmKernel<Lists & { coefficients: TensorInfo }, SynthesizeBlocksAttrs>(
    SynthesizeBlocks,
    ({ coefficients, ...lists }, { blockSize }) => {
      const [n, rows, columns] = coefficients.shape;
      const images = engine.makeTensor([n, rows * blockSize[0], columns * blockSize[1], lists.colors.shape[0]]);
      run(engine, 'synthesizeBlocks', { images, coefficients, ...lists }, blockSize);
      return images;
    },
  );
}

function run(
  engine: Engine,
  kernel: 'analyzeBlocks' | 'synthesizeBlocks',
  { images, coefficients, colors, positions, indices }: Lists & { images: TensorInfo; coefficients: TensorInfo },
  [height, width]: readonly [number, number],
): void {
  const [down, across] = [cosineSteps(height), cosineSteps(width)];
  const [, rows, columns, count] = coefficients.shape;
  const length = util.sizeFromShape(positions.shape);
  const channels = images.shape[3];
  engine.withTable(rowStep, down.steps, (downSteps) =>
    engine.withTable(rowStep, across.steps, (acrossSteps) =>
      engine.withMemory(4 * (height + 3 * length), (tables) => {
        const [downRows, places] = [tables, tables + 4 * height];
        const [indexTable, scales] = [places + 4 * length, places + 8 * length];
        intsAt(engine, downRows, height).set(down.rows);
        const keptCount = writeTables(engine, { positions, indices }, count, [channels, height, width], places);
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
            ...{ channels, height, width, rows, columns, count },
            ...{ downSteps, downStepCount: down.steps.length, downRows },
            ...{ acrossSteps, acrossStepCount: across.steps.length },
            ...{ places, indices: indexTable, scales, keptCount },
          },
        );
      }),
    ),
  );
}

/** Writes places, indices and scales, one list after the other, and returns how many coefficients are kept. */
function writeTables(
  engine: Engine,
  { positions, indices }: Pick<Lists, 'positions' | 'indices'>,
  count: number,
  [channels, height, width]: readonly [number, number, number],
  at: number,
): number {
  const [down, across] = [cosineSteps(height), cosineSteps(width)];
  const length = util.sizeFromShape(positions.shape);
  const [from, to] = [positions, indices].map((list) => intsAt(engine, engine.pointer(list), length));
  const [places, kept] = [intsAt(engine, at, length), intsAt(engine, at + 4 * length, length)];
  const scales = engine.floats(at + 8 * length, length);
  let next = 0;
  for (let i = 0; i < length; i++) {
    if (to[i] < 0 || to[i] >= count || from[i] < 0 || from[i] >= channels * height * width) continue;
    const [v, column] = [from[i] % height, Math.floor(from[i] / height)];
    const [u, plane] = [column % width, Math.floor(column / width)];
    places[next] = 4 * ((plane * width + across.rows[u]) * height + v);
    kept[next] = 4 * to[i];
    scales[next++] = down.scales[v] * across.scales[u];
  }
  return next;
}

function intsAt(engine: Engine, pointer: number, count: number): Int32Array {
  const { buffer, byteOffset } = engine.floats(pointer, count);
  return new Int32Array(buffer, byteOffset, count);
}
