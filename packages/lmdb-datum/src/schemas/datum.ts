/** Caffe's Datum, which convert_imageset writes. */
import { hasPixels } from '../datum/datum';
import { decodeDatum } from '../datum/decode';
import type { Schema } from './schema';

export const datumSchema: Schema = {
  name: 'datum',
  title: "Caffe's Datums",
  recognize(value) {
    try {
      return hasPixels(decodeDatum(value)) ? 'Datums' : undefined;
    } catch {
      return undefined;
    }
  },
  decode: (value, { key }) => decodeDatum(value, key),
};
