/** Merges the images of several sources. */
import path from 'node:path';
import { withoutArchiveExtension } from '../files/archive-kind';
import type { FolderImage, FolderList } from '../files/image-tree';
import { sortedNames } from './class-names';

/** One of several sources. */
export interface Part {
  readonly place: string;
  readonly list: FolderList;
  /** Labels come from the archive itself rather than from folders. */
  readonly hasLabels?: boolean;
}

/** Merges lists in order: classes with the same name are one; a list without classes and labels is a class, named after its source. */
export function mergeLists(parts: readonly Part[]): FolderList {
  const ignored = parts.flatMap(({ place, list }) => list.ignored.map((name) => `${place}/${name}`));
  const warnings = parts.flatMap(({ list }) => list.warnings);
  // Numeric labels of shards are kept.
  if (parts.every(({ list, hasLabels }) => hasLabels && !list.classes)) {
    return { images: parts.flatMap(({ list }) => list.images), ignored, warnings };
  }
  const named = parts.map(({ place, list }) => withClasses(place, list));
  const names = namesOf(named);
  const numbers = new Map(names.map((name, number) => [name, number]));
  const images = named.flatMap(({ images, classes }) => {
    const nameOf = new Map(classes.map(({ name, label }) => [label, name]));
    return images.map((image) => ({ ...image, label: numbers.get(nameOf.get(image.label) ?? '') ?? image.label }));
  });
  return { images, classes: names.map((name, label) => ({ name, label })), ignored, warnings };
}

type Named = Required<Pick<FolderList, 'images' | 'classes'>>;

function withClasses(place: string, { images, classes }: FolderList): Named {
  if (classes) return { images, classes };
  const name = withoutArchiveExtension(path.basename(place));
  return { images: images.map((image): FolderImage => inFolder(name, image)), classes: [{ name, label: 0 }] };
}

function inFolder(folder: string, image: FolderImage): FolderImage {
  const { name, nameBytes } = image;
  const bytes = nameBytes && Buffer.concat([Buffer.from(`${folder}/`), nameBytes]);
  return { ...image, name: `${folder}/${name}`, ...(bytes && { nameBytes: bytes }) };
}

/** Shards of one data set number the same classes, so their numbers are kept. */
function namesOf(parts: readonly Named[]): string[] {
  const [first] = parts;
  const same = (classes: Named['classes']) => JSON.stringify(classes) === JSON.stringify(first.classes);
  if (parts.every(({ classes }) => same(classes))) return first.classes.map(({ name }) => name);
  return sortedNames(parts.flatMap(({ classes }) => classes.map(({ name }) => name)));
}
