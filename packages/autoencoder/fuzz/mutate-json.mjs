/** Damages JSON files as a stranger would who knows the format: the same seed gives the same damage everywhere. */
import { randomOf } from '@ae/testing/random';

const nested = (depth) => (depth === 0 ? [] : [nested(depth - 1)]);

const hostile = [
  ...[null, true, false, 0, 1, -1, 2, 3, 7, 0.5, -0.5, 65536, 1e9, 2 ** 31, 2 ** 32 - 1, 2 ** 53, -(2 ** 31), 1e308],
  ...['', 'x', 'code', 'input', 'conv1', 'same', 'linear', 'constructor', '__proto__', '../../etc/passwd', '/dev/zero'],
  ...['\x1b[31mred', 'a\nb', '\u202e', 'InputLayer', 'Model', 'Dense', 'Zeros', 'x'.repeat(100_000)],
  ...[[], {}, [null], [1], [0, 0], [1e9, 1e9], [-1, -1], [[]], [[[]]], { class_name: 'Zeros', config: {} }],
  ...[[null, 1e6, 1e6, 3], [null, 16, 16, 1e9], nested(70), nested(2000), Array(50_000).fill(0)],
];

/** Lists where values are: the object or list that holds each, and its key. */
function placesOf(value, places = []) {
  if (typeof value !== 'object' || value === null) return places;
  for (const key of Object.keys(value)) {
    places.push([value, key]);
    placesOf(value[key], places);
  }
  return places;
}

const pick = (list, random) => list[random(list.length)];

function remove(holder, key) {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

const kinds = {
  remove: (_places, _random, [holder, key]) => remove(holder, key),
  replace: (_places, random, [holder, key]) => {
    holder[key] = structuredClone(pick(hostile, random));
  },
  number: (places, random) => {
    const numbers = places.filter(([holder, key]) => typeof holder[key] === 'number');
    const [holder, key] = pick(numbers, random);
    const value = holder[key];
    holder[key] = pick([value + 1, value - 1, -value, value * 2, value * 1000, value + 0.5, 2 ** 30, 2 ** 24], random);
  },
  text: (places, random) => {
    const texts = places.filter(([holder, key]) => typeof holder[key] === 'string');
    const [[holder, key], [other, from]] = [pick(texts, random), pick(texts, random)];
    holder[key] = other[from];
  },
  copy: (places, random, [holder, key]) => {
    const [other, from] = pick(places, random);
    holder[key] = structuredClone(other[from]);
  },
  repeat: (places, random) => {
    const lists = places.filter(([holder]) => Array.isArray(holder));
    const [holder, key] = pick(lists, random);
    holder.splice(random(holder.length + 1), 0, structuredClone(holder[key]));
  },
  swap: (places, random, [holder, key]) => {
    const [other, from] = pick(places, random);
    [holder[key], other[from]] = [structuredClone(other[from]), structuredClone(holder[key])];
  },
  rename: (_places, random, [holder, key]) => {
    if (Array.isArray(holder)) return;
    holder[pick(['x', 'name', 'config', 'class_name', 'layer', 'cell', 'dtype', 'shape'], random)] = holder[key];
    delete holder[key];
  },
  /** Connects a layer elsewhere: backward, forward, to itself, to outputs that there are not. */
  reconnect: (places, random) => {
    const sources = places.filter(
      ([, key]) => key === 'inbound_nodes' || key === 'output_layers' || key === 'input_layers',
    );
    const names = places.filter(([holder, key]) => key === 'name' && 'inbound_nodes' in holder);
    if (sources.length === 0 || names.length === 0) return;
    const [holder, key] = pick(sources, random);
    const leaves = placesOf(holder[key]).filter(([list]) => Array.isArray(list) && typeof list[0] === 'string');
    if (leaves.length === 0) return;
    const [list] = pick(leaves, random);
    if (random(4) > 0) list[0] = pick(names, random)[0].name;
    if (random(3) === 0) list[1 + random(2)] = random(3);
  },
};

/**
 * Returns the text of a damaged copy of `json`, and the names of the kinds of damage done.
 *
 * @param {unknown} json @param {number} seed
 */
export function mutateJson(json, seed) {
  const random = randomOf(seed);
  const copy = { root: structuredClone(json) };
  const done = [];
  for (let left = random(4) === 0 ? 2 + random(3) : 1; left > 0; left--) {
    const places = placesOf(copy);
    const name = pick(Object.keys(kinds), random);
    kinds[name](places, random, pick(places, random));
    done.push(name);
  }
  // Swapping a value with one inside it makes a value that has no JSON.
  const text = JSON.stringify(copy.root) ?? 'null';
  // What JSON can say and JSON.stringify never does.
  const odd = random(12);
  if (odd === 0) return { text: text.replace(/:(\d+)([,}])/, ':1e999$2'), kinds: [...done, 'infinity'] };
  if (odd === 1) return { text: text.slice(0, random(text.length)), kinds: [...done, 'cut'] };
  return { text, kinds: done };
}
