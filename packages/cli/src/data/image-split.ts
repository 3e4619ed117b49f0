/** Holds out a part of the images for validation: the same part every time, chosen by the images' names. */
import { createHash } from 'node:crypto';
import type { DatumReader } from '@ae/lmdb-datum';

/** How much is held out, and the seed by which it is chosen. */
export interface SplitWish {
  readonly fraction: number;
  readonly seed: number;
}

/** Indexes of records, in ascending order. */
export interface Split {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly classes: number;
  /** Number of groups of several images that stay on one side. */
  readonly groups: number;
}

/** Suffixes that programs and people append to a name for another version of the same image. */
const variant =
  /([ _.-]*(copy|kopie|copie)([ _-]*\d+)?|[ _-]*\(\d+\)|[ _-](aug|augmented|flip|flipped|hflip|vflip|mirror|mirrored|rot|rotate|rotated|crop|cropped|blur|noise|bright|dark|edited|small|large|thumb)([ _-]*\d+)*|\.rf\.[0-9a-f]+|@\dx)$/i;
const numbered = /^(.*?[^\d])\d{3,}$/;
const fewDigits = /^(.*)[ _-]\d{1,2}$/;
/** Names that cameras and programs give to any image. */
const common = /^(img|dsc|dscn|dscf|dscn|pxl|mvi|gopr|dji|p|image|photo|picture|pic|screenshot|untitled)[ _-]*$/i;

/** Splits records: classes in proportion, and images whose names suggest versions of one image on the same side. */
export function splitRecords(reader: DatumReader, { fraction, seed }: SplitWish): Split {
  const classes = new Map<string, { stem: string; index: number }[]>();
  let index = 0;
  for (const key of reader.keys()) {
    const name = key.replace(/^\d{8,}_/, '');
    const slash = name.lastIndexOf('/');
    // Without folders, the label gives the class.
    const className = slash < 0 ? `${reader.datumAt(index)?.label ?? ''}` : name.slice(0, slash);
    const stem = name.slice(slash + 1).replace(/\.[a-z]{3,5}$/i, '');
    const members = classes.get(className) ?? [];
    classes.set(className, members);
    members.push({ stem, index: index++ });
  }
  const isKept = new Uint8Array(index);
  let groups = 0;
  let owed = 0;
  for (const [className, members] of classes) {
    const together = groupByName(members);
    for (const group of together) if (group.indices.length > 1) groups++;
    // If a class has too few images, the next one makes up for it.
    owed += members.length * fraction;
    const orders = together.map((group) => ({ ...group, order: orderOf(`${seed} ${className}/${group.name}`) }));
    for (const { indices } of orders.sort((a, b) => (a.order < b.order ? -1 : 1))) {
      if (owed < 0.5 || indices.length > owed + 0.5 || indices.length === index) continue;
      for (const each of indices) isKept[each] = 1;
      owed -= indices.length;
    }
  }
  const numbers = Uint32Array.from({ length: index }, (_, i) => i);
  return {
    train: numbers.filter((i) => isKept[i] === 0),
    validation: numbers.filter((i) => isKept[i] === 1),
    classes: classes.size,
    groups,
  };
}

interface Group {
  readonly name: string;
  readonly indices: number[];
}

function groupByName(members: readonly { stem: string; index: number }[]): Group[] {
  const bases = members.map(({ stem }) => withoutVariants(stem));
  const known = new Set(bases);
  const series = seriesOf(bases);
  const groups = new Map<string, number[]>();
  for (const [i, { index }] of members.entries()) {
    const base = bases[i];
    const second = fewDigits.exec(base)?.[1];
    // photo_2 belongs to photo, if there is one.
    const own = second !== undefined && known.has(second) ? second : base;
    const prefix = numbered.exec(own)?.[1];
    const name = prefix !== undefined && series.has(prefix) ? prefix : own;
    const group = groups.get(name);
    if (group) group.push(index);
    else groups.set(name, [index]);
  }
  return [...groups].map(([name, indices]) => ({ name, indices }));
}

function withoutVariants(stem: string): string {
  for (let name = stem.toLowerCase(); ; ) {
    const shorter = name.replace(variant, '');
    if (shorter === name || shorter === '') return name;
    name = shorter;
  }
}

/** Prefixes of numbered frames. A prefix shared by most images of a class is probably the name of the class, and is ignored. */
function seriesOf(bases: readonly string[]): Set<string> {
  const counts = new Map<string, number>();
  for (const base of bases) {
    const prefix = numbered.exec(base)?.[1];
    if (prefix !== undefined && !common.test(prefix)) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count * 2 <= bases.length).map(([prefix]) => prefix));
}

function orderOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Parses a fraction such as 0.1 or 10%; returns undefined for anything else, such as a path. */
export function parseFraction(text: string): number | undefined {
  const match = /^(?:(0?\.\d+)|(\d{1,2}(?:\.\d+)?)%)$/.exec(text);
  if (!match) return undefined;
  const fraction = match[1] ? Number(match[1]) : Number(match[2]) / 100;
  return fraction > 0 && fraction < 1 ? fraction : undefined;
}
