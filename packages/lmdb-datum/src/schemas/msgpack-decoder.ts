/** Loads the MessagePack decoder when it is needed, which most programs never do. The browser build uses its twin instead. */
import { createRequire } from 'node:module';

export type Decode = typeof import('@msgpack/msgpack').decode;

export function loadDecoder(): Decode {
  return createRequire(import.meta.url)('@msgpack/msgpack').decode;
}
