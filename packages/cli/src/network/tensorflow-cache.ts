import path from 'node:path';

/**
 * The folder for native TensorFlow: in AE_CACHE or in XDG_CACHE_HOME, where the user has set one; otherwise undefined, and @ae/autoencoder
 * takes the system's place for caches.
 */
export function tensorflowCache(): string | undefined {
  const { AE_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = AE_CACHE || (XDG_CACHE_HOME && path.join(XDG_CACHE_HOME, 'ae'));
  return cache ? path.resolve(cache, 'tensorflow') : undefined;
}
