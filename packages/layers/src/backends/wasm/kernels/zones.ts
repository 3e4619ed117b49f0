/** Zonal codes: choosing zones, and moving their values. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { ChooseZones, GatherZones, ScatterZones, type ScatterZonesAttrs } from '../../../contracts/zone-kernels';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

interface Inputs {
  x: TensorInfo;
  positions: TensorInfo;
}

/** Registers the three kernels. */
export function registerZones(engine: Engine): void {
  registerWasmKernel<Inputs, object>(ChooseZones, ({ x, positions }) => {
    const zones = engine.makeTensor([x.shape[0]], 'int32');
    run(engine, 'chooseZones', { x, positions, zones }, zones, x.shape[1]);
    return zones;
  });
  registerWasmKernel<Inputs & { zones: TensorInfo }, object>(GatherZones, (inputs) => {
    const y = engine.makeTensor([inputs.x.shape[0], inputs.positions.shape[1]]);
    run(engine, 'gatherZones', inputs, y, inputs.x.shape[1]);
    return y;
  });
  registerWasmKernel<Inputs & { zones: TensorInfo }, ScatterZonesAttrs>(ScatterZones, (inputs, { size }) => {
    const y = engine.makeTensor([inputs.x.shape[0], size]);
    run(engine, 'scatterZones', inputs, y, size);
    return y;
  });
}

function run(
  engine: Engine,
  kernel: 'chooseZones' | 'gatherZones' | 'scatterZones',
  { x, positions, zones }: Inputs & { zones: TensorInfo },
  y: TensorInfo,
  columns: number,
): void {
  const [zoneCount, size] = positions.shape;
  engine.run(
    kernel,
    { units: x.shape[0] },
    {
      ...{ x: engine.pointer(x), y: engine.pointer(y), zones: engine.pointer(zones) },
      ...{ positions: engine.pointer(positions), zoneCount, size, columns },
    },
  );
}
