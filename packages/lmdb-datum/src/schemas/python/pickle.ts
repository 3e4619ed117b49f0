/**
 * Reads pickles as data, protocols 0 to 5. A pickle is a program for a stack machine, whose GLOBAL and REDUCE load and call whatever a file
 * names: here nothing is loaded or called. Calls that stand for data are known by name (pickle-globals.ts); others are errors.
 *
 * Bytes, and what Python 2 calls str, become Uint8Array (views); tuples, lists and sets become arrays; dicts become Map.
 */
import { callAsData, PickleGlobal, PickleRunsError, withState } from './pickle-globals';

export { PickleRunsError } from './pickle-globals';

/** Maximum number of values in a record: more are not an image with a label. */
const mostValues = 2_000_000;
const mostNumberBytes = 64;
const mark = Symbol('mark');

/** Reads a pickle. @throws PickleRunsError with the name of what it would execute, RangeError if the bytes are not a pickle */
export function readPickle(bytes: Uint8Array): unknown {
  return new PickleMachine(bytes).run();
}

class PickleMachine {
  #at = 0;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): unknown {
    for (let steps = 0; steps < mostValues; steps++) {
      const code = String.fromCharCode(this.#byte());
      if (code === '.') {
        const result = this.#pop();
        if (result instanceof PickleGlobal) throw new PickleRunsError(result.name);
        return result;
      }
      const step = opcodes[code];
      if (!step) throw new RangeError(`a pickle with code 0x${code.charCodeAt(0).toString(16)} at ${this.#at - 1}`);
      step(this.#machine);
    }
    throw new RangeError(`a pickle of more than ${mostValues} values`);
  }

  readonly #machine: Machine = {
    push: (value) => this.#stack.push(value),
    pop: () => this.#pop(),
    top: () => this.#top(),
    toMark: () => this.#toMark(),
    byte: () => this.#byte(),
    uint16: () => this.#take(2, (at) => this.#view.getUint16(at, true)),
    int32: () => this.#take(4, (at) => this.#view.getInt32(at, true)),
    uint32: () => this.#take(4, (at) => this.#view.getUint32(at, true)),
    uint64: () => this.#take(8, (at) => Number(this.#view.getBigUint64(at, true))),
    float64: () => this.#take(8, (at) => this.#view.getFloat64(at, false)),
    bytes: (count) => this.#take(count, (at) => this.#bytes.subarray(at, at + count)),
    line: () => this.#line(),
    put: (place) => this.#memo.set(place, this.#top()),
    get: (place) => this.#stack.push(this.#memo.get(place)),
    memoize: () => this.#memo.set(this.#memo.size, this.#top()),
  };

  #byte(): number {
    return this.#take(1, (at) => this.#bytes[at]);
  }

  #take<T>(count: number, read: (at: number) => T): T {
    const at = this.#at;
    if (!(count >= 0 && at + count <= this.#bytes.length)) throw new RangeError('a truncated pickle');
    this.#at += count;
    return read(at);
  }

  #line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) throw new RangeError('a truncated pickle');
    const line = this.#take(end - this.#at, (at) => Buffer.from(this.#bytes.subarray(at, end)).toString('latin1'));
    this.#at++;
    return line;
  }

  #pop(): unknown {
    if (this.#stack.length === 0) throw new RangeError('a pickle that pops more than it has');
    return this.#stack.pop();
  }

  #top(): unknown {
    if (this.#stack.length === 0) throw new RangeError('a pickle that pops more than it has');
    return this.#stack[this.#stack.length - 1];
  }

  #toMark(): unknown[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw new RangeError('a pickle without a mark');
    return this.#stack.splice(at).slice(1);
  }
}

/** The actions of a pickle's opcodes. */
interface Machine {
  push(value: unknown): void;
  pop(): unknown;
  top(): unknown;
  toMark(): unknown[];
  byte(): number;
  uint16(): number;
  int32(): number;
  uint32(): number;
  uint64(): number;
  float64(): number;
  bytes(count: number): Uint8Array;
  line(): string;
  put(place: number): void;
  get(place: number): void;
  memoize(): void;
}

type Step = (machine: Machine) => void;

const utf8 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');

/** A Python integer of any length, least significant byte first; NaN if it is longer than any that belongs to an image. */
function longOf(bytes: Uint8Array): number {
  if (bytes.length > mostNumberBytes) return Number.NaN;
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = (value << 8n) | BigInt(byte);
  const isNegative = ((bytes.at(-1) ?? 0) & 128) !== 0;
  return Number(isNegative ? value - (1n << BigInt(8 * bytes.length)) : value);
}

function append(m: Machine, values: readonly unknown[]): void {
  const list = m.top();
  if (!Array.isArray(list)) throw new PickleRunsError('an append to something that is not a list');
  for (const value of values) list.push(value);
}

function setItems(m: Machine, items: readonly unknown[]): void {
  const map = m.top();
  if (!(map instanceof Map)) throw new PickleRunsError('a setitem on something that is not a dict');
  for (let i = 0; i + 1 < items.length; i += 2) map.set(keyOf(items[i]), items[i + 1]);
}

/** Python 2 writes text as bytes. */
function keyOf(key: unknown): unknown {
  return key instanceof Uint8Array ? Buffer.from(key).toString('latin1') : key;
}

function mapOf(items: readonly unknown[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (let i = 0; i + 1 < items.length; i += 2) map.set(keyOf(items[i]), items[i + 1]);
  return map;
}

function call(m: Machine): void {
  const args = m.pop();
  const callee = m.pop();
  if (!(callee instanceof PickleGlobal)) throw new PickleRunsError('something that is not a name');
  m.push(callAsData(callee, Array.isArray(args) ? args : []));
}

const runs = (what: string): Step => {
  return () => {
    throw new PickleRunsError(what);
  };
};

/** The text of STRING, as written by Python's repr. */
function stringOf(line: string): Uint8Array {
  const text = line.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, code: string) => {
    if (code.length === 3) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r' }[code] ?? code;
  });
  return Buffer.from(text, 'latin1');
}

/** By opcode. Names are those of Python's pickletools. */
const opcodes: Readonly<Record<string, Step>> = {
  // PROTO, FRAME: nothing to do.
  '\x80': (m) => m.byte(),
  '\x95': (m) => m.uint64(),
  // Constants.
  N: (m) => m.push(undefined),
  '\x88': (m) => m.push(true),
  '\x89': (m) => m.push(false),
  // Numbers: INT, LONG, BININT, BININT1, BININT2, LONG1, LONG4, FLOAT, BINFLOAT.
  I: (m) => {
    const line = m.line();
    m.push(line === '01' ? true : line === '00' ? false : Number(line));
  },
  L: (m) => m.push(Number(m.line().replace(/L$/, ''))),
  J: (m) => m.push(m.int32()),
  K: (m) => m.push(m.byte()),
  M: (m) => m.push(m.uint16()),
  '\x8a': (m) => m.push(longOf(m.bytes(m.byte()))),
  '\x8b': (m) => m.push(longOf(m.bytes(m.int32()))),
  F: (m) => m.push(Number(m.line())),
  G: (m) => m.push(m.float64()),
  // Text: UNICODE, SHORT_BINUNICODE, BINUNICODE, BINUNICODE8.
  V: (m) =>
    m.push(m.line().replace(/\\u([0-9a-fA-F]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))),
  '\x8c': (m) => m.push(utf8(m.bytes(m.byte()))),
  X: (m) => m.push(utf8(m.bytes(m.uint32()))),
  '\x8d': (m) => m.push(utf8(m.bytes(m.uint64()))),
  // Bytes: STRING, SHORT_BINSTRING, BINSTRING, SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8.
  S: (m) => m.push(stringOf(m.line())),
  U: (m) => m.push(m.bytes(m.byte())),
  T: (m) => m.push(m.bytes(m.int32())),
  C: (m) => m.push(m.bytes(m.byte())),
  B: (m) => m.push(m.bytes(m.uint32())),
  '\x8e': (m) => m.push(m.bytes(m.uint64())),
  '\x96': (m) => m.push(m.bytes(m.uint64())),
  // Tuples, lists, dicts and sets.
  '(': (m) => m.push(mark),
  ')': (m) => m.push([]),
  t: (m) => m.push(m.toMark()),
  '\x85': (m) => m.push([m.pop()]),
  '\x86': (m) => m.push([m.pop(), m.pop()].reverse()),
  '\x87': (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()),
  ']': (m) => m.push([]),
  l: (m) => m.push(m.toMark()),
  a: (m) => append(m, [m.pop()]),
  e: (m) => append(m, m.toMark()),
  '}': (m) => m.push(new Map()),
  d: (m) => m.push(mapOf(m.toMark())),
  s: (m) => setItems(m, [m.pop(), m.pop()].reverse()),
  u: (m) => setItems(m, m.toMark()),
  '\x8f': (m) => m.push([]),
  '\x90': (m) => append(m, m.toMark()),
  '\x91': (m) => m.push(m.toMark()),
  // POP, POP_MARK, DUP, and the memo.
  '0': (m) => m.pop(),
  '1': (m) => m.toMark(),
  '2': (m) => m.push(m.top()),
  p: (m) => m.put(Number(m.line())),
  q: (m) => m.put(m.byte()),
  r: (m) => m.put(m.uint32()),
  '\x94': (m) => m.memoize(),
  g: (m) => m.get(Number(m.line())),
  h: (m) => m.get(m.byte()),
  j: (m) => m.get(m.uint32()),
  // What would execute something: GLOBAL, STACK_GLOBAL, REDUCE, BUILD are data if their names are known.
  c: (m) => m.push(new PickleGlobal(`${m.line()}.${m.line()}`)),
  '\x93': (m) => {
    const name = m.pop();
    m.push(new PickleGlobal(`${String(m.pop())}.${String(name)}`));
  },
  R: call,
  '\x81': call,
  b: (m) => {
    const state = m.pop();
    m.push(withState(m.pop(), state));
  },
  i: (m) => runs(`${m.line()}.${m.line()}`)(m),
  o: (m) => {
    const [callee] = m.toMark();
    throw new PickleRunsError(callee instanceof PickleGlobal ? callee.name : 'an object');
  },
  '\x92': runs('an object with named arguments'),
  P: runs('persistent_load'),
  Q: runs('persistent_load'),
  '\x82': runs('an extension'),
  '\x83': runs('an extension'),
  '\x84': runs('an extension'),
  '\x97': runs('an out-of-band buffer'),
  '\x98': (m) => m.top(),
};
