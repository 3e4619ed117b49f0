/** Zonal codes, of vectors or of each position of an image. Values have the same order as here, with those of a position last. */
import type { Conversion, Converted } from './conversion';
import type { PythonHelper } from './python-helpers';
import { asHere } from './python-value';
import { torchTensor } from './torch-tensors';

/** `[..., C]` -> `[..., numbers]`. */
export function convertZones(conversion: Conversion): Converted {
  return converted(conversion, 'ZonalCode');
}

/** `[..., numbers]` -> `[..., C]`. */
export function convertInverseZones(conversion: Conversion): Converted {
  return converted(conversion, 'InverseZonalCode');
}

function converted({ writer, name, variables, inputs, outputShape }: Conversion, helper: PythonHelper): Converted {
  const { positions, means } = variables;
  const [zones, kept] = positions.shape as number[];
  const tensors = [
    { ...torchTensor(`${name}.positions`, positions, [[0], [1]]), type: 'I64' as const },
    torchTensor(`${name}.means`, means, [[0]]),
  ];
  const [values] = means.shape as number[];
  writer.declare(name, `${writer.call(helper)}(${[values, zones, kept + 1].join(', ')})`, tensors);
  return { text: `self.${name}(${asHere(inputs[0])})`, last: outputShape.length === 3 };
}
