import type { Autoencoder } from '../../autoencoder/autoencoder';
import { AutoencoderError, checkText } from '../../errors/errors';
import { writeFileAtomically } from '../../files/atomic-file';
import { weightsOf } from '../../network/named-variables';
import { checkFinite } from '../../network/not-finite';
import { checkAutoencoder } from '../check-autoencoder';
import { assertFree } from '../foreign-file';
import { buildOnnxModel } from './build-model';
import { checkOnnxOptions, type OnnxOptions } from './options';
import { encodeModel } from './protobuf';

/** The maximum size of a protobuf message. */
const maxBytes = 2 ** 31 - 1;

/**
 * Writes a network, its encoder or its decoder as an ONNX file. Images are `[N, C, H, W]` with any N, 0 to 255: the graph includes scaling
 * and channel order. Height and width are variable if the network takes any size and its own size consists of whole blocks.
 *
 * Throws INVALID_OPTION for a layer without an equivalent in ONNX, naming it, and for weights of 2 GB or more; OUTPUT_EXISTS;
 * WEIGHTS_NOT_FINITE.
 */
export async function exportOnnx(autoencoder: Autoencoder, file: string, options: OnnxOptions = {}): Promise<void> {
  checkAutoencoder('exportOnnx', autoencoder);
  checkText('exportOnnx, file', file);
  const resolved = checkOnnxOptions(options);
  if (!options.overwrite) await assertFree(file);
  await checkFinite('exportOnnx', weightsOf(autoencoder.model), 'train or load it again; nothing was written');
  const parts = encodeModel(await buildOnnxModel(autoencoder, resolved));
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  if (size > maxBytes) {
    throw new AutoencoderError('INVALID_OPTION', {
      where: 'exportOnnx',
      state: `As ONNX this would be ${(size / 1e9).toFixed(1)} GB, but such a file is limited to 2.1 GB`,
      todo: "export part 'encoder' and part 'decoder', or train a network with a smaller code",
    });
  }
  await writeFileAtomically(file, async (handle) => {
    for (const part of parts) await handle.writeFile(part);
  });
}
