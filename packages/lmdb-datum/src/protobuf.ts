/** protobufjs, loaded with the first message that is read: it takes longer to load than the rest of the package. */
import { createRequire } from 'node:module';
import type protobufjs from 'protobufjs/minimal.js';
import { MissingDependencyError, reasonOf } from './errors';

let loaded: typeof protobufjs | undefined;

/** @throws MissingDependencyError */
export function protobuf(): typeof protobufjs {
  loaded ??= load();
  return loaded;
}

function load(): typeof protobufjs {
  try {
    return createRequire(import.meta.url)('protobufjs/minimal.js');
  } catch (cause) {
    throw new MissingDependencyError(
      `protobufjs: expected it to load for reading Datums, received ${reasonOf(cause).split('\n')[0]}; ` +
        'run npm install protobufjs, and if you bundle your program leave @ae/lmdb-datum out of the bundle.',
      { cause },
    );
  }
}
