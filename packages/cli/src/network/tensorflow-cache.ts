import path from 'node:path';

/**
 * The folder for native TensorFlow: in AE_CACHE or XDG_CACHE_HOME if set; otherwise undefined, and @ae/autoencoder uses the system's cache
 * folder.
 */
export function tensorflowCache(): string | undefined {
  const { AE_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = AE_CACHE || (XDG_CACHE_HOME && path.join(XDG_CACHE_HOME, 'ae'));
  return cache ? path.resolve(cache, 'tensorflow') : undefined;
}
