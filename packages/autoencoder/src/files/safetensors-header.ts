/** The header of a safetensors file, read as strictly as by its own library: what that would refuse is refused here. */
import { expectList, expectOneOf, expectRecord, expectText, expectWhole, parseJson, Unexpected } from './expectations';

/** Where the values of a tensor are, after the header. */
export interface TensorPlace {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly bytes: number;
}

export interface SafetensorsHeader {
  /** In the order of their values, which fill the rest of the file. */
  readonly places: readonly TensorPlace[];
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/** One tensor in a header's list. */
export interface ListedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** The maximum number of dimensions of a tensor in TensorFlow.js. */
const maxRank = 6;
const maxTensors = 100_000;

/** Parses the header of a file with `valueBytes` after it and types among `dtypes`, a map of names to bytes. Throws Unexpected. */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  valueBytes: number,
  dtypes: Readonly<Record<string, number>>,
): SafetensorsHeader {
  const text = decode(bytes);
  if (text[0] !== '{') throw new Unexpected('its header does not begin with {');
  const header = parseJson(text);
  expectRecord('its header', header);
  checkKeysOnce(text);
  const { __metadata__: metadata, ...entries } = header;
  if (metadata !== undefined) {
    expectRecord('__metadata__', metadata);
    for (const [key, value] of Object.entries(metadata)) expectText(`__metadata__.${key}`, value);
  }
  const names = Object.keys(entries);
  expectList('its list of tensors', names, maxTensors);
  const places = names
    .map((name) => readPlace(name, entries[name], dtypes))
    .sort((a, b) => a.begin - b.begin || a.bytes - b.bytes);
  checkCover(places, valueBytes);
  return { places, metadata: metadata as Readonly<Record<string, string>> | undefined };
}

/** Encodes what precedes the values: eight bytes of length, and the header. */
export function encodeSafetensorsHeader(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly ListedTensor[],
): Buffer {
  const header: Record<string, object> = {};
  let offset = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const json = JSON.stringify({ __metadata__: metadata, ...header });
  // Spaces after the JSON align the values to 8 bytes.
  const text = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text]);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Unexpected('its header is not UTF-8', { cause });
  }
}

function readPlace(name: string, entry: unknown, dtypes: Readonly<Record<string, number>>): TensorPlace {
  const where = `tensor ${JSON.stringify(name)}`;
  expectRecord(where, entry);
  const { dtype, shape, data_offsets: offsets } = entry;
  expectOneOf(`${where}, dtype`, dtype, Object.keys(dtypes));
  expectList(`${where}, shape`, shape, maxRank);
  for (const size of shape) expectWhole(`${where}, shape`, size);
  expectList(`${where}, data_offsets`, offsets, 2);
  const [begin, end] = offsets;
  expectWhole(`${where}, data_offsets`, begin);
  expectWhole(`${where}, data_offsets`, end, { min: begin });
  const bytes = (shape as number[]).reduce((product, size) => product * size, dtypes[dtype as string]);
  if (end - begin !== bytes) {
    throw new Unexpected(`${where} has ${end - begin} bytes, but its shape [${shape}] needs ${bytes}`);
  }
  return { name, dtype: dtype as string, shape: shape as number[], begin, bytes };
}

/** Throws unless the tensors are contiguous and fill the file. */
function checkCover(places: readonly TensorPlace[], valueBytes: number): void {
  let end = 0;
  for (const { name, begin, bytes } of places) {
    if (begin !== end) {
      const problem = begin < end ? 'overlaps the tensor before it' : `leaves ${begin - end} bytes unused before it`;
      throw new Unexpected(`tensor ${JSON.stringify(name)} ${problem}`);
    }
    end += bytes;
  }
  if (end !== valueBytes) throw new Unexpected(`its tensors have ${end} bytes, but the file has ${valueBytes}`);
}

/** Throws if an object of valid JSON has a key twice: readers differ in which of the two they use. */
function checkKeysOnce(json: string): void {
  const open: Set<string>[] = [];
  // Strings, with the colon if they are keys, and the braces of objects; a list never ends one.
  for (const [token, key] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (key !== undefined) {
      const name = JSON.parse(key) as string;
      const keys = open[open.length - 1];
      if (keys.has(name)) throw new Unexpected(`its header contains ${JSON.stringify(name.slice(0, 80))} twice`);
      keys.add(name);
    }
  }
}
