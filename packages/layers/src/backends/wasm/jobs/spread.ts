/** Divides transposed convolutions to few channels into jobs for the side module (assembly/spread.ts). */
import type { backend_util } from '@tensorflow/tfjs-core';
import type { Engine } from '../runtime/engine';
import { type Finish, flagsOf, rowsOfUnit } from './convolution-job';

/** Up to this many channels, what a pixel adds to a row of the result is close together. */
const mostChannels = 4;

/** From this many channels of the input on, it is worth writing the products and reading them again. */
const leastSpread = 16;

type Info = backend_util.Conv2DInfo;

/** Tells whether the gradient for the input of a convolution, which is a transposed convolution, is faster this way. */
export function suitsSpread(engine: Engine, info: Info): boolean {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, inChannels, outChannels } = info;
  const columns = columnsOf(info);
  const isFull = columns * 4 >= panelsOf(engine, columns) * engine.panel * 3;
  const isStrided = strideHeight * strideWidth > 1 && dilationHeight * dilationWidth === 1;
  return isStrided && isFull && inChannels <= mostChannels && outChannels >= leastSpread;
}

/** A column of the product for each tap and channel. */
function columnsOf({ filterHeight, filterWidth, inChannels }: Info): number {
  return filterHeight * filterWidth * inChannels;
}

function panelsOf(engine: Engine, columns: number): number {
  return Math.ceil(columns / engine.panel);
}

/** Writes the gradient for the input, dx, all pointers. */
export function runSpread(engine: Engine, info: Info, dy: number, filter: number, dx: number, finish: Finish): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const columns = columnsOf(info);
  const pixelBytes = panelsOf(engine, columns) * engine.panel * 4;
  const unitRows = rowsOfUnit(engine, batchSize, inHeight, inHeight);
  engine.withMemory(pixelBytes * outChannels, (packed) => {
    engine.call('packSpread', { from: filter, to: packed, columns, channels: outChannels });
    engine.run(
      'spread',
      { units: batchSize * Math.ceil(inHeight / unitRows), scratchBytes: outWidth * pixelBytes },
      {
        x: dy,
        height: outHeight,
        width: outWidth,
        channels: outChannels,
        filter: packed,
        tapsY: info.filterHeight,
        tapsX: info.filterWidth,
        strideY: info.strideHeight,
        strideX: info.strideWidth,
        padTop: info.padInfo.top,
        padLeft: info.padInfo.left,
        y: dx,
        outHeight: inHeight,
        outWidth: inWidth,
        outChannels: inChannels,
        bias: finish.bias ?? 0,
        flags: flagsOf(finish),
        mask: finish.mask ?? 0,
        residual: finish.residual ?? 0,
        unitRows,
      },
    );
  });
}
