/** Values that are plain image files: LSUN (WebP, JPEG), BasicSR and MMEditing (PNG), and many others. */
import { formatOf, kindOfImage } from '@ae/images/kind';
import { type Datum, imageFileDatum } from '../datum/datum';
import { otherValue, type RecordContext, type Schema } from './schema';

/** Counts and lists that people store beside images. */
const sideKeys = ['length', '__len__', '__keys__', '__length__', 'num-samples', 'num_samples', 'keys', 'meta_info'];

export const imageFilesSchema: Schema = {
  name: 'image-files',
  title: 'image files',
  sideKeys,
  recognize: (value) => {
    const kind = kindOfImage(value);
    return kind && `${formatOf(kind).name} files`;
  },
  decode: (value, context) => decodeImageFile(value, context),
};

/** Accepts a value that is an image file. @throws DatumError for others */
export function decodeImageFile(value: Uint8Array, context: RecordContext): Datum {
  if (kindOfImage(value)) return imageFileDatum(value);
  throw otherValue('an image file', value, context);
}
