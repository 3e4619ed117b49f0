import { createHash } from 'node:crypto';
import type { Autoencoder } from '@ae/autoencoder';

/** Returns a digest of a network's weights and their names, which identifies the network. */
export async function digestOfNetwork({ model }: Autoencoder): Promise<string> {
  const hash = createHash('sha256');
  for (const weight of model.weights) {
    const values = await weight.read().data();
    hash.update(`${weight.originalName} ${weight.shape.join('x')}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
