/** Labels that are numbers stay; names of classes are numbered in the order of their bytes. */
import type { FolderImage, FolderList } from '../files/image-tree';

export interface Labeled {
  readonly label?: number | string;
}

/** Gives images their labels. An image without one has label 0. */
export function labelsOf(
  images: readonly (Omit<FolderImage, 'label'> & Labeled)[],
): Pick<FolderList, 'images' | 'classes'> {
  const isNamed = images.some(({ label }) => typeof label === 'string');
  if (!isNamed) return { images: images.map((image) => ({ ...image, label: Number(image.label ?? 0) | 0 })) };
  const names = sortedNames(images.map(({ label }) => String(label ?? '')));
  const numbers = new Map(names.map((name, number) => [name, number]));
  return {
    images: images.map((image) => ({ ...image, label: numbers.get(String(image.label ?? '')) ?? 0 })),
    classes: names.map((name, label) => ({ name, label })),
  };
}

/** Each name once, in the order of their bytes. */
export function sortedNames(names: Iterable<string>): string[] {
  return [...new Set(names)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
