/** Determines which column of a Parquet file contains images, and which one labels. */
import type { FileMetaData, SchemaTree } from 'hyparquet';
import { unusable } from './entry';

/** Common names of columns with images and labels, most common first. */
const imageNames = ['image', 'img', 'picture', 'photo', 'jpg', 'png'];
const labelNames = ['label', 'labels', 'fine_label', 'cls', 'class', 'class_id', 'target'];

/** Which columns are read. */
export interface ParquetColumns {
  readonly image: string;
  /** Other columns that contain images. */
  readonly others: readonly string[];
  readonly label?: string;
  /** A column of labels, going by its name, with more than one value per row. */
  readonly unreadLabel?: string;
  /** Class names by label. */
  readonly names?: readonly string[];
  /** What `ae convert` records about records. */
  readonly note?: string;
}

/** What Hugging Face datasets record about a column. */
interface Feature {
  readonly _type?: string;
  readonly names?: readonly string[];
}

/** @throws NotReadableError if no column contains images */
export function columnsOf({ children }: SchemaTree, metadata: FileMetaData, place: string): ParquetColumns {
  const features = featuresOf(metadata);
  const marked = children.filter(({ element }) => features[element.name]?._type === 'Image');
  const found = marked.length > 0 ? marked : children.filter(mayBeImage);
  const [image, ...others] = inOrder(found, imageNames);
  if (image === undefined) {
    const columns = children.map(({ element }) => element.name).join(', ');
    const todo = 'use one with a column of image files, or of { bytes, path } as in Hugging Face data sets';
    throw unusable(place, `has no column of images among ${columns || 'none'}`, todo);
  }
  const classes = children.filter(({ element }) => features[element.name]?._type === 'ClassLabel');
  const named = children.filter(({ element }) => labelNames.includes(element.name));
  const [label] = inOrder(classes.length > 0 ? classes : named.filter(mayBeLabel), labelNames);
  const [unreadLabel] = label === undefined ? inOrder(named, labelNames) : [];
  const names = label === undefined ? undefined : features[label]?.names;
  const hasNotes = children.some(({ element }) => element.name === 'datum');
  return {
    image,
    others,
    ...(label !== undefined && { label }),
    ...(unreadLabel !== undefined && { unreadLabel }),
    ...(names && { names }),
    ...(hasNotes && { note: 'datum' }),
  };
}

function featuresOf({ key_value_metadata: pairs = [] }: FileMetaData): Record<string, Feature> {
  try {
    return JSON.parse(pairs.find(({ key }) => key === 'huggingface')?.value ?? '{}').info?.features ?? {};
  } catch {
    // Written by another program.
    return {};
  }
}

function mayBeImage({ element, children }: SchemaTree): boolean {
  if (children.length > 0) return children.some((child) => child.element.name === 'bytes' && isBinary(child));
  return isBinary({ element, children } as SchemaTree) && element.repetition_type !== 'REPEATED';
}

function isBinary({ element: { type, converted_type, logical_type } }: SchemaTree): boolean {
  return type === 'BYTE_ARRAY' && converted_type === undefined && logical_type === undefined;
}

/** Whole numbers, also as floats, which pandas makes of a column with gaps, or texts, or false and true. */
const labelTypes = ['BOOLEAN', 'INT32', 'INT64', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY'];

function mayBeLabel({ element: { type, repetition_type }, children }: SchemaTree): boolean {
  return children.length === 0 && repetition_type !== 'REPEATED' && type !== undefined && labelTypes.includes(type);
}

/** Common names first, in their order, then the others as they come. */
function inOrder(columns: readonly SchemaTree[], usual: readonly string[]): string[] {
  const rank = (name: string) => (usual.includes(name) ? usual.indexOf(name) : usual.length);
  return columns.map(({ element }) => element.name).sort((a, b) => rank(a) - rank(b));
}
