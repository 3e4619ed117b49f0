/** Zonal codes, and their adjoints. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import {
  DecodeZones,
  EncodeZones,
  GatherZones,
  ScatterZones,
  type ScatterZonesAttrs,
} from '../../../contracts/zone-kernels';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

interface Zones {
  positions: TensorInfo;
  means: TensorInfo;
}

interface Adjoint {
  dy: TensorInfo;
  positions: TensorInfo;
  zones: TensorInfo;
}

/** Registers the four kernels. */
export function registerZones(engine: Engine): void {
  registerWasmKernel<Zones & { x: TensorInfo }, object>(EncodeZones, ({ x, positions, means }) => {
    const [rows, columns] = x.shape;
    const zones = engine.makeTensor([rows], 'int32');
    const code = engine.makeTensor([rows, 1 + positions.shape[1]]);
    run(engine, 'encodeZones', { x, y: code, zones, positions, means }, columns);
    return [code, zones];
  });
  registerWasmKernel<Zones & { code: TensorInfo }, object>(DecodeZones, ({ code, positions, means }) => {
    const [rows] = code.shape;
    const [columns] = means.shape;
    const zones = engine.makeTensor([rows], 'int32');
    const y = engine.makeTensor([rows, columns]);
    run(engine, 'decodeZones', { x: code, y, zones, positions, means }, columns);
    return [y, zones];
  });
  registerWasmKernel<Adjoint, object>(GatherZones, ({ dy, positions, zones }) => {
    const y = engine.makeTensor([dy.shape[0], 1 + positions.shape[1]]);
    run(engine, 'gatherZones', { x: dy, y, zones, positions }, dy.shape[1]);
    return y;
  });
  registerWasmKernel<Adjoint, ScatterZonesAttrs>(ScatterZones, ({ dy, positions, zones }, { size }) => {
    const y = engine.makeTensor([dy.shape[0], size]);
    run(engine, 'scatterZones', { x: dy, y, zones, positions }, size);
    return y;
  });
}

function run(
  engine: Engine,
  kernel: 'encodeZones' | 'decodeZones' | 'gatherZones' | 'scatterZones',
  { x, y, zones, positions, means }: Omit<Adjoint, 'dy'> & { x: TensorInfo; y: TensorInfo; means?: TensorInfo },
  columns: number,
): void {
  const [zoneCount, size] = positions.shape;
  engine.run(
    kernel,
    { units: x.shape[0], scratchBytes: columns * 4 },
    {
      x: engine.pointer(x),
      y: engine.pointer(y),
      zones: engine.pointer(zones),
      positions: engine.pointer(positions),
      means: means ? engine.pointer(means) : 0,
      zoneCount,
      size,
      columns,
    },
  );
}
