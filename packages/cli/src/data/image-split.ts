/** Keeps a part of the images to validate, the same whenever it is asked for, by what their names say. */
import { createHash } from 'node:crypto';
import type { DatumReader } from '@ae/lmdb-datum';

/** How much is kept apart, and by which seed it is chosen. */
export interface SplitWish {
  readonly fraction: number;
  readonly seed: number;
}

/** Numbers of records, in order. */
export interface Split {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly classes: number;
  /** Groups of several images that are kept on one side. */
  readonly groups: number;
}

/** What programs and people put behind a name when they make another of an image. */
const variant =
  /([ _.-]*(copy|kopie|copie)([ _-]*\d+)?|[ _-]*\(\d+\)|[ _-](aug|augmented|flip|flipped|hflip|vflip|mirror|mirrored|rot|rotate|rotated|crop|cropped|blur|noise|bright|dark|edited|small|large|thumb)([ _-]*\d+)*|\.rf\.[0-9a-f]+|@\dx)$/i;
const numbered = /^(.*?[^\d])\d{3,}$/;
const fewDigits = /^(.*)[ _-]\d{1,2}$/;
/** Names that cameras and programs give to all images alike. */
const common = /^(img|dsc|dscn|dscf|dscn|pxl|mvi|gopr|dji|p|image|photo|picture|pic|screenshot|untitled)[ _-]*$/i;

/** Splits records: classes in proportion, images that look like versions of one by their names on one side. */
export function splitRecords(reader: DatumReader, { fraction, seed }: SplitWish): Split {
  const classes = new Map<string, { stem: string; index: number }[]>();
  let index = 0;
  for (const key of reader.keys()) {
    const name = key.replace(/^\d{8,}_/, '');
    const slash = name.lastIndexOf('/');
    // Without folders the label tells the classes.
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
    // What a class has too few images for, the next one gives.
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
    // photo_2 belongs to photo, where there is one.
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

/** Prefixes of numbered frames. A prefix that most images of a class have is the name of the class, say, and tells nothing. */
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

/** Reads a part such as 0.1 or 10%; undefined for anything else, such as a path. */
export function parseFraction(text: string): number | undefined {
  const match = /^(?:(0?\.\d+)|(\d{1,2}(?:\.\d+)?)%)$/.exec(text);
  if (!match) return undefined;
  const fraction = match[1] ? Number(match[1]) : Number(match[2]) / 100;
  return fraction > 0 && fraction < 1 ? fraction : undefined;
}
