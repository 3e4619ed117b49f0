/** Loads the decoder of MessagePack when there is some: most programs never need it. In the browser build its twin stands in. */
import { createRequire } from 'node:module';

export type Decode = typeof import('@msgpack/msgpack').decode;

export function loadDecoder(): Decode {
  return createRequire(import.meta.url)('@msgpack/msgpack').decode;
}
