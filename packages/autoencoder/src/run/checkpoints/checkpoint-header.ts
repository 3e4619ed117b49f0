import { expectOneOf, expectRecord, expectText } from '../../files/expectations';
import { parseSafetensorsHeader, type TensorPlace } from '../../files/safetensors-header';
import { checkpointFormat } from './checkpoint-format';

export interface CheckpointHeader {
  /** In the order of their values, which fill the rest of the file. */
  readonly places: readonly TensorPlace[];
  /** As text, whose meaning the caller knows. */
  readonly state: string;
}

/** Parses the header of a checkpoint file with `valueBytes` after it. Throws Unexpected. */
export function parseCheckpointHeader(bytes: Uint8Array, valueBytes: number): CheckpointHeader {
  const { places, metadata } = parseSafetensorsHeader(bytes, valueBytes, { F32: 4 });
  expectRecord('__metadata__', metadata);
  expectOneOf('__metadata__.format', metadata.format, [checkpointFormat]);
  expectText('__metadata__.state', metadata.state);
  return { places, state: metadata.state };
}
