/** Numeric labels are kept; class names are numbered in the order of their bytes. */
import type { FolderImage, FolderList } from '../files/image-tree';

export interface Labeled {
  readonly label?: number | string;
}

/** Assigns labels to images. An image without one gets label 0. */
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

/** Reports labels that a Datum cannot hold, and images without a label beside others that have one. */
export function warningsOfLabels(images: readonly Labeled[], place: string): string[] {
  const warnings: string[] = [];
  const odd = images.filter(({ label }) => typeof label === 'number' && label !== (label | 0));
  if (odd.length > 0) {
    const [{ label }] = odd;
    const what = odd.length === 1 ? '1 label is not a whole number' : `${odd.length} labels are not whole numbers`;
    warnings.push(`${place}: ${what} of at most 32 bits; ${label} became ${Number(label) | 0}.`);
  }
  const missing = images.filter(({ label }) => label === undefined || label === '').length;
  if (missing > 0 && missing < images.length) {
    const isNamed = images.some(({ label }) => typeof label === 'string');
    const what = isNamed ? 'were put into a class without a name' : 'got label 0';
    warnings.push(`${place}: ${missing} of ${images.length} images have no label, and ${what}.`);
  }
  return warnings;
}

/** Each name once, in the order of their bytes. */
export function sortedNames(names: Iterable<string>): string[] {
  return [...new Set(names)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
