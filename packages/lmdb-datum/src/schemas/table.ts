/** All schemas, in the order in which they are tried. A new one is a file in this folder and a row here. */
import { annotatedDatumSchema } from './annotated-datum';
import { caffe2Schema } from './caffe2';
import { datumSchema } from './datum';
import { imageFilesSchema } from './image-files';
import { msgpackSchema } from './msgpack';
import { ocrSchema } from './ocr';
import { pickleSchema } from './pickle';
import type { Schema } from './schema';
import { stylegan2Schema } from './stylegan2';

export const schemas: readonly Schema[] = [
  datumSchema,
  annotatedDatumSchema,
  caffe2Schema,
  ocrSchema,
  stylegan2Schema,
  imageFilesSchema,
  pickleSchema,
  msgpackSchema,
];
