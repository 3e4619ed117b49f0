import { createHash } from 'node:crypto';
import type { Autoencoder } from '@ae/autoencoder';

/** Returns what tells a network from another: a digest of its weights, and of what they are called. */
export async function digestOfNetwork({ model }: Autoencoder): Promise<string> {
  const hash = createHash('sha256');
  for (const weight of model.weights) {
    const values = await weight.read().data();
    hash.update(`${weight.originalName} ${weight.shape.join('x')}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
