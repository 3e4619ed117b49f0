/** Writes records to a new LMDB of Datums. */
import { writeClassNames } from '@ae/ground/class-names';
import { assertNothingKept } from '../convert/journal';
import { moveIntoPlace, partialName } from '../convert/output-folder';
import { claimWorkFolder, removeTraces, removeWorkFolder } from '../convert/work-folder';
import { DatumWriter } from '../write/writer';
import { messageOf } from './message';
import type { RecordSink } from './record';
import { writing } from './work-file';

/** @throws OutputExistsError, WriteError */
export function openLmdbSink(output: string, classes: readonly string[] = []): RecordSink {
  const folder = claimWorkFolder(output, () => {
    assertNothingKept(partialName(output));
    return false;
  });
  const writer = DatumWriter.createIn(folder.path);
  return {
    add: async (record) => writer.putBytes(record.key, await messageOf(record)),
    async finish() {
      await writer.close();
      writing(output, () => writeClassNames(folder.path, classes));
      moveIntoPlace(folder.path, output);
      removeTraces(output);
      folder.release();
      return [output];
    },
    async abort() {
      await writer.abort();
      removeWorkFolder(folder.path);
      folder.release();
    },
  };
}
