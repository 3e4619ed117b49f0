/**
 * WebDataset shards: tars in which files with the same name up to the first dot form a sample, such as 0007.jpg, 0007.cls and 0007.json.
 * The order is that of the tar.
 */
import type { FolderImage, FolderList } from '../files/image-tree';
import { type PackedFile, readPackedFile } from '../files/packed-file';
import { sayOf } from '../files/regular-file';
import { hasImageExtension } from '../kind/kind';
import { type Labeled, labelsOf, warningsOfLabels } from './class-names';
import { type ArchiveEntry, type ArchiveFacts, damaged } from './entry';

/** Files with the same name up to the first dot. */
interface WebSample {
  readonly key: string;
  readonly images: ArchiveEntry[];
  readonly beside: Map<string, ArchiveEntry>;
}

const nothing: PackedFile = { fd: -1, offset: 0, bytes: 0 };
const samplePattern = /^((?:.*\/)?[^/.]+)\.([^/]+)$/;
/** Every WebDataset is recognized by one of these. */
const besidePattern = /\.(cls|json|txt)$/i;
const mostBesideBytes = 1 << 24;

/** Lists the images of a tar with their labels. Returns undefined if it is not a WebDataset. */
export function listWebDataset({ entries, warnings }: ArchiveFacts, place: string): FolderList | undefined {
  // A million images without other files are recognized without making a sample for each.
  if (!entries.some(({ name }) => besidePattern.test(name))) return undefined;
  const samples = samplesOf(entries);
  if (!isWebDataset(samples) && !isConverted(samples, place)) return undefined;
  const images: (Omit<FolderImage, 'label'> & Labeled)[] = [];
  for (const sample of samples) {
    const { label, note } = besides(sample, place);
    // A record of floats, for example, is contained in its note.
    if (sample.images.length === 0 && note !== undefined) {
      const { key } = sample;
      images.push({ name: key, path: `${place}/${key}`, packed: nothing, label, note });
    }
    for (const { name, nameBytes, packed } of sample.images) {
      if (!packed) continue;
      const path = `${place}/${name}`;
      images.push({ name, ...(nameBytes && { nameBytes }), path, packed, label, ...(note !== undefined && { note }) });
    }
  }
  const own = new Set(samples.filter(isOfImages).flatMap(({ beside }) => [...beside.values()]));
  const ignored = entries.filter((entry) => !own.has(entry) && !hasImageExtension(entry.name)).map(({ name }) => name);
  const all = [...warnings, ...warningsOfSamples(samples, place), ...warningsOfLabels(images, place)];
  return { ...labelsOf(images), ignored, warnings: all };
}

/** Says that samples have several images, of which one may be a mask. */
function warningsOfSamples(samples: readonly WebSample[], place: string): string[] {
  const several = samples.find(({ images }) => images.length > 1);
  if (!several) return [];
  const names = several.images.map(({ name }) => name.slice(several.key.length + 1)).join(', ');
  return [
    `${place}: samples have several images, such as ${names} of ${several.key}, each of which is read as an image of its own.`,
  ];
}

function samplesOf(entries: readonly ArchiveEntry[]): WebSample[] {
  const samples: WebSample[] = [];
  for (const entry of entries) {
    const [, key, ending] = samplePattern.exec(entry.name) ?? [];
    if (key === undefined || /(^|\/)\./.test(key)) continue;
    let sample = samples.at(-1);
    if (sample?.key !== key) {
      sample = { key, images: [], beside: new Map() };
      samples.push(sample);
    }
    if (hasImageExtension(entry.name)) sample.images.push(entry);
    else sample.beside.set(ending.toLowerCase(), entry);
  }
  return samples;
}

function isOfImages({ images, beside }: WebSample): boolean {
  return images.length > 0 || beside.has('json');
}

/** Some have a class file; or all have some other file, and are not in class folders. */
function isWebDataset(all: readonly WebSample[]): boolean {
  const samples = all.filter(({ images }) => images.length > 0);
  if (samples.some(({ beside }) => beside.has('cls'))) return true;
  const folders = new Set(samples.map(({ key }) => key.slice(0, key.lastIndexOf('/') + 1)));
  return (
    samples.length > 0 && folders.size === 1 && samples.every(({ beside }) => beside.has('json') || beside.has('txt'))
  );
}

/** Archives made by `ae convert` say so in each JSON. */
function isConverted([first]: readonly WebSample[], place: string): boolean {
  const json = first?.beside.get('json');
  return json !== undefined && 'datum' in parseFields(readText(json, place), json, place);
}

function besides({ beside }: WebSample, place: string): { label?: number | string; note?: string } {
  const textOf = (ending: string) => {
    const entry = beside.get(ending);
    return entry && readText(entry, place);
  };
  const json = textOf('json');
  const fields = json === undefined ? {} : parseFields(json, beside.get('json') as ArchiveEntry, place);
  const text = textOf('cls') ?? labelIn(fields) ?? textOf('txt');
  const word = typeof text === 'string' ? text.trim() : text;
  const isNumber = typeof word === 'number' || /^[+-]?\d+$/.test(word ?? '');
  // A caption is not a class.
  const isClass = beside.has('cls') || typeof labelIn(fields) === 'string';
  return {
    ...(isNumber ? { label: Number(word) } : isClass && word !== undefined ? { label: word } : {}),
    ...('datum' in fields && { note: json }),
  };
}

function labelIn(fields: Record<string, unknown>): number | string | undefined {
  for (const name of ['label', 'cls', 'class', 'class_id', 'target']) {
    const value = fields[name];
    if (Number.isSafeInteger(value) || typeof value === 'string') return value as number | string;
  }
  return undefined;
}

function parseFields(json: string, { name }: ArchiveEntry, place: string): Record<string, unknown> {
  try {
    const value = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch (cause) {
    throw damaged(place, `contains ${name}, which is not valid JSON`, cause);
  }
}

function readText({ name, packed }: ArchiveEntry, place: string): string {
  try {
    return packed ? new TextDecoder().decode(readPackedFile(packed, mostBesideBytes)) : '';
  } catch (cause) {
    throw damaged(place, `contains ${name}, which ${sayOf(cause)}`, cause);
  }
}
