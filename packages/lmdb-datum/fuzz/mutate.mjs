/** Damages a database file, by a seed: the same seed and file give the same damage everywhere. */
import { randomOf } from '@ae/testing/random';

const PAGE = 4096;

/** Pages by kind. */
function pagesOf(bytes) {
  const header = bytes.readUInt32LE(16) === 0xbeefc0de ? 16 : 24;
  const kinds = { meta: [0, 1], branch: [], leaf: [], overflow: [] };
  for (let page = 2; page < bytes.length / PAGE; page++) {
    const flags = bytes.readUInt16LE(page * PAGE + header - 6);
    const kind = { 1: 'branch', 2: 'leaf', 4: 'overflow' }[flags];
    if (!kind) continue;
    kinds[kind].push(page);
    if (kind === 'overflow') page += Math.max(0, bytes.readUInt32LE(page * PAGE + header - 4) - 1);
  }
  return { header, kinds };
}

const flip = (bytes, at, random) => {
  bytes[at] ^= 1 << random(8);
};

/** Bits of the structure: headers, pointers, nodes and keys; and the first bytes of values, where a Datum says its size. */
function flipInPage(kind) {
  return (bytes, random, { header, kinds }) => {
    const pages = kinds[kind];
    if (pages.length === 0) return;
    const start = pages[random(pages.length)] * PAGE;
    const reach = { meta: header + 136, overflow: header + 24 }[kind] ?? PAGE;
    const flips = 1 + random(3);
    for (let i = 0; i < flips; i++) flip(bytes, start + random(Math.min(reach, bytes.length - start)), random);
  };
}

const anyPage = (bytes, random) => random(Math.floor(bytes.length / PAGE)) * PAGE;
const usedPage = (random, { kinds }) => {
  const pages = [...kinds.branch, ...kinds.leaf, ...kinds.overflow];
  return pages[random(pages.length)] * PAGE;
};

/** Offset of a random node of a random leaf or branch. */
function nodeOf(bytes, random, { header, kinds }, kind) {
  const pages = kinds[kind];
  if (pages.length === 0) return -1;
  const start = pages[random(pages.length)] * PAGE;
  const base = header === 24 ? 24 : 0;
  const count = (bytes.readUInt16LE(start + header - 4) + base - header) >> 1;
  return start + base + bytes.readUInt16LE(start + header + 2 * random(Math.max(1, count)));
}

export const MUTATIONS = {
  truncate: (bytes, random) => bytes.subarray(0, random(bytes.length)),
  truncateAtPage: (bytes, random) => bytes.subarray(0, anyPage(bytes, random)),
  flipMeta: flipInPage('meta'),
  flipBranch: flipInPage('branch'),
  flipLeaf: flipInPage('leaf'),
  flipOverflow: flipInPage('overflow'),
  swapPages(bytes, random, shape) {
    const [a, b] = [usedPage(random, shape), usedPage(random, shape)];
    const kept = Buffer.from(bytes.subarray(a, a + PAGE));
    bytes.copy(bytes, a, b, b + PAGE);
    kept.copy(bytes, b);
  },
  zeroToTheEnd(bytes, random, shape) {
    bytes.fill(0, usedPage(random, shape));
  },
  zeroPage(bytes, random, shape) {
    const start = usedPage(random, shape);
    bytes.fill(0, start, start + PAGE);
  },
  repeatPage(bytes, random, shape) {
    const from = usedPage(random, shape);
    bytes.copy(bytes, usedPage(random, shape), from, from + PAGE);
  },
  repeatPageUnderItsNumber(bytes, random, shape) {
    const [from, to] = [usedPage(random, shape), usedPage(random, shape)];
    bytes.copy(bytes, to + 8, from + 8, from + PAGE);
  },
  wrongMagic(bytes, random, { header }) {
    bytes.writeUInt32LE(random(2) ? 0xdec0efbe : random(0xffffffff), random(2) * PAGE + header);
  },
  hugeLength(bytes, random, shape) {
    const node = nodeOf(bytes, random, shape, 'leaf');
    if (node >= 0) bytes.writeUInt32LE([0xffffffff, 0x7fffffff, 0x7fffffbf, 0x40000000, 65535][random(5)], node);
  },
  hugeKey(bytes, random, shape) {
    const node = nodeOf(bytes, random, shape, random(2) ? 'leaf' : 'branch');
    if (node >= 0) bytes.writeUInt16LE([0xffff, 0, 4096, 512][random(4)], node + 6);
  },
  hugeRun(bytes, random, { header, kinds }) {
    const page = kinds.overflow[random(kinds.overflow.length || 1)];
    if (page !== undefined) bytes.writeUInt32LE([0, 0xffffffff, 1 << 20][random(3)], page * PAGE + header - 4);
  },
  cycle(bytes, random, shape) {
    const node = nodeOf(bytes, random, shape, 'branch');
    const { branch, leaf } = shape.kinds;
    const targets = random(2) && branch.length ? branch : leaf;
    if (node >= 0 && targets.length) bytes.writeUInt32LE(targets[random(targets.length)], node);
  },
  endlessVarint(bytes, random, shape) {
    const { overflow } = shape.kinds;
    const page = overflow[random(overflow.length || 1)];
    if (page === undefined) return;
    const start = page * PAGE + shape.header + random(12);
    bytes.fill(0xff, start, start + 12 + random(200));
  },
  noise(bytes, random) {
    const start = anyPage(bytes, random);
    for (let i = 0; i < 64; i++) bytes[start + random(Math.min(PAGE, bytes.length - start))] = random(256);
  },
};

/** @returns A damaged copy, and what was done. */
export function mutate(original, seed) {
  const random = randomOf(seed);
  const names = Object.keys(MUTATIONS);
  const name = names[random(names.length)];
  const bytes = Buffer.from(original);
  const shape = pagesOf(bytes);
  return { name, bytes: MUTATIONS[name](bytes, random, shape) ?? bytes };
}
