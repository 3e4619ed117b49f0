/** Codes whose numbers mean different things in different zones; see ZonalCode of @ae/layers. */
import type { Network } from '../network/network';

/** The zones of a network's code. */
export interface CodeZones {
  /** Number of values in the code of a block; the first is the index of its zone, divided by the number of zones. */
  readonly numbers: number;
  readonly count: number;
  /** `[count, numbers - 1]`: what each number stands for. */
  readonly positions: Float32Array;
}

/** Returns the zones of a network's code; undefined if it has none. */
export async function zonesOf({ zonalCode: layer }: Network): Promise<CodeZones | undefined> {
  if (!layer) return undefined;
  const positions = (await layer.getWeights()[0].data()) as Float32Array;
  return { numbers: layer.numbers, count: layer.zones, positions };
}

/** Expresses a code in the zones of another one: what those leave out is lost, and what the code has left out is 0. */
export function inZonesOf(other: Float32Array, code: Float32Array, zones: CodeZones): Float32Array {
  const { numbers, count, positions } = zones;
  const size = numbers - 1;
  const result = new Float32Array(code.length);
  const table = (index: number) => {
    const zone = Math.round(index * count);
    return positions.subarray(zone * size, (zone + 1) * size);
  };
  for (let block = 0; block < code.length; block += numbers) {
    const values = new Map<number, number>();
    for (const [i, position] of table(code[block]).entries()) values.set(position, code[block + 1 + i]);
    result[block] = other[block];
    for (const [i, position] of table(other[block]).entries()) result[block + 1 + i] = values.get(position) ?? 0;
  }
  return result;
}
