import { invalidOption } from '../errors/errors';

/** Throws INVALID_OPTION unless `value` is an Autoencoder, of any copy of this package. */
export function checkAutoencoder(where: string, value: unknown): void {
  if (typeof (value as { reconstruct?: unknown } | undefined | null)?.reconstruct === 'function') return;
  throw invalidOption(where, 'an Autoencoder', value);
}
