/** Writes records to a folder of image files, named by their keys, with metadata.jsonl, which Hugging Face's imagefolder reads. */
import fs from 'node:fs';
import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { RecordNames } from '@ae/images/files';
import { kindOfImage } from '@ae/images/kind';
import { moveIntoPlace, partialName } from '../convert/output-folder';
import { OutputExistsError } from '../errors/errors';
import { keyText } from '../lmdb/scan';
import { metadataName } from './image-source';
import { noteOf } from './note';
import type { ExchangeRecord, RecordSink } from './record';
import { claimOutput, writeErrorOf, writing } from './work-file';

/** Marks a folder that a killed conversion left behind, as opposed to one of the user. */
const markName = '.ae-convert';

/** @throws OutputExistsError, WriteError */
export function openFolderSink(output: string): RecordSink {
  const release = claimOutput(output);
  const folder = partialName(output);
  try {
    removeOwn(folder);
    writing(output, () => {
      fs.mkdirSync(folder);
      fs.writeFileSync(path.join(folder, markName), '');
    });
  } catch (error) {
    release();
    throw error;
  }
  const metadata = writing(output, () => fs.openSync(path.join(folder, metadataName), 'wx'));
  const names = new RecordNames('key');
  let count = 0;
  return {
    add(record) {
      writing(output, () => write(record, folder, names, metadata, count));
      count++;
    },
    async finish() {
      writing(output, () => {
        fs.closeSync(metadata);
        fs.rmSync(path.join(folder, markName));
      });
      moveIntoPlace(folder, output);
      release();
      return [output];
    },
    async abort() {
      fs.rmSync(folder, { recursive: true, force: true });
      release();
    },
  };
}

/** @throws OutputExistsError for anything that a conversion did not leave there */
function removeOwn(folder: string): void {
  if (!fs.lstatSync(folder, { throwIfNoEntry: false })) return;
  if (!fs.existsSync(path.join(folder, markName))) {
    const state = `${folder} already exists, and was not written by a conversion`;
    throw new OutputExistsError({ state, todo: 'move it away, or choose another output' }, { path: folder });
  }
  try {
    fs.rmSync(folder, { recursive: true });
  } catch (cause) {
    throw writeErrorOf(folder, cause);
  }
}

function write(record: ExchangeRecord, folder: string, names: RecordNames, metadata: number, index: number): void {
  const { key, label, file } = record;
  const kind = file && kindOfImage(file);
  let name: string | undefined;
  if (file) {
    name = names.nameOf({ index, key: keyText(key), label }, kind ?? 'jpeg');
    const place = path.join(folder, ...name.split('/'));
    makeFolders(path.dirname(place));
    fs.writeFileSync(place, file, { flag: 'wx' });
  }
  const line = { ...(name !== undefined && { file_name: name }), label: label ?? null, ...noteOf(record) };
  // All of it, however much of it a nearly full disk takes at once.
  fs.writeFileSync(metadata, `${JSON.stringify(line)}\n`);
}
