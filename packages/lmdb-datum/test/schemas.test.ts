/** Databases written by other programs: how they are recognized, what is read, and what is reported for records that are not images. */
import fs from 'node:fs';
import path from 'node:path';
import { randomOf, testSeed } from '@ae/testing/random';
import { expect, it } from 'vitest';
import { LmdbDatumError, openDatumLmdb, verify } from '../src/entries/index';
import { namedFormat } from '../src/schemas/record-format';
import { schemas } from '../src/schemas/table';
import { fixture } from './golden';
import { describeSchema, goldenSchemas } from './schema-conformance';
import { scratchFolder } from './scratch';

for (const name of Object.keys(goldenSchemas)) describeSchema(name);

const open = (name: string, schema?: string) => openDatumLmdb(fixture(`schemas/${name}.lmdb`), { schema });

it('every schema of the table has a database', () => {
  const tested = Object.values(goldenSchemas).map(({ schema }) => schema.split(':')[0]);
  expect(schemas.map(({ name }) => name).filter((name) => !tested.includes(name))).toEqual(['datum']);
});

it('reads another size of StyleGAN2 if it is given', async () => {
  using reader = open('stylegan2', 'stylegan2:8');
  expect([...reader.keys()]).toEqual(['8-00000', '8-00001', '8-00002']);
  expect(await reader.at(0)).toMatchObject({ height: 8, width: 8 });
  expect(() => open('stylegan2', 'stylegan2:9')).toThrow(
    'schema: expected stylegan2:8 or stylegan2:16, received "stylegan2:9"; name what there is.',
  );
});

it('reads the colors of arrays in the order that is given', async () => {
  using bgr = open('tensorpack');
  using rgb = open('tensorpack', 'msgpack:rgb');
  const [blue, red] = [await bgr.at(0), await rgb.at(0)].map((sample) => [...sample!.data]);
  expect(red).toEqual([...blue!.slice(96), ...blue!.slice(48, 96), ...blue!.slice(0, 48)]);
});

it('lists the available schemas, and says where one does not match', () => {
  expect(() => open('lsun', 'lsun')).toThrow(
    'schema: expected one of datum, annotated-datum, caffe2, ocr, stylegan2, image-files, pickle, msgpack, received "lsun"',
  );
  expect(() => open('lsun', 'ocr')).toThrow(/schema: expected a database of .* for ocr, received/);
  using reader = open('lsun', 'datum');
  expect(() => reader.datumAt(0)).toThrow(
    /^\[lmdb-datum\] key 356a19.*: expected a Datum message, received a WebP file \(.*\); remove .* name the schema of the database \(option schema\)\.$/,
  );
});

it('reports a record that is not an image with its key and what was found', () => {
  using ocr = open('ocr');
  expect(() => ocr.get('num-samples')).toThrow('key num-samples: expected an image file, received a number as text');
});

it('never runs what a pickle refers to, and says what that would be', () => {
  const { runs } = goldenSchemas.folder2lmdb as unknown as { runs: string };
  const pickle = schemas.find(({ name }) => name === 'pickle')!;
  expect(() => pickle.decode(Buffer.from(runs, 'base64'), { key: '7' })).toThrow(
    'key 7: expected a pickle of data, received a pickle that would run posix.system; pickles are read as data and never run',
  );
  expect(fs.existsSync('pickle-was-run')).toBe(false);
});

it('names the class of an object that a pickle would create', () => {
  const pickle = schemas.find(({ name }) => name === 'pickle')!;
  // pickle.dumps(CIFAR_Image(), 0) and 4, of a class with no fields.
  const old = Buffer.from(
    'ccopy_reg\n_reconstructor\np0\n(c__main__\nCIFAR_Image\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n.',
  );
  const recent = Buffer.from('\x80\x04\x8c\x08__main__\x8c\x0bCIFAR_Image\x93)\x81.', 'latin1');
  for (const value of [old, recent]) {
    expect(() => pickle.decode(value, {})).toThrow('a pickle that would run __main__.CIFAR_Image; pickles are read');
  }
});

it('a pickle that contains itself or a huge number does not cause an endless loop', () => {
  const pickle = schemas.find(({ name }) => name === 'pickle')!;
  // l = []; l.extend([l] * 200)
  const itself = Buffer.concat([
    Buffer.from('\x80\x04]\x94(', 'latin1'),
    Buffer.from('h\0'.repeat(200)),
    Buffer.from('e.'),
  ]);
  expect(() => pickle.decode(itself, {})).toThrow('expected an image, received a pickle without one');
  const huge = Buffer.concat([
    Buffer.from('\x80\x02\x8b\0\0\x20\0', 'latin1'),
    Buffer.alloc(1 << 21, 255),
    Buffer.from('.'),
  ]);
  expect(() => pickle.decode(huge, {})).toThrow('received a pickle without one');
});

it('damaged values cause an error of this package, or can be decoded', () => {
  const below = randomOf(testSeed);
  for (const [name, { schema }] of Object.entries(goldenSchemas)) {
    using reader = open(name);
    const { decode } = namedFormat(schema);
    for (let round = 0; round < 200; round++) {
      const value = Buffer.from(reader.getBytes(reader.keyAt(below(reader.length))!)!);
      for (let i = 0; i < 3; i++) value[below(Math.min(value.length, 64))] = below(256);
      try {
        decode(round % 4 === 0 ? value.subarray(0, value.length / 2) : value, 'k');
      } catch (error) {
        expect(error).toBeInstanceOf(LmdbDatumError);
      }
    }
  }
});

it('finds that images are missing if the database stores their number', async () => {
  const folder = scratchFolder();
  const file = path.join(folder, 'ocr.mdb');
  const bytes = fs.readFileSync(fixture('schemas/ocr.lmdb'));
  const at = bytes.indexOf('num-samples') + 'num-samples'.length;
  expect(bytes[at]).toBe('3'.charCodeAt(0));
  bytes[at] = '4'.charCodeAt(0);
  fs.writeFileSync(file, bytes);
  const { damage } = await verify(file);
  expect(damage.map(({ message }) => message)).toEqual([
    'key num-samples: expected 3, the number of images, received 4.',
  ]);
});

/** A folder as created by BasicSR, with its list of images. */
function basicsr(metaInfo: (lines: string[]) => string[] = (lines) => lines): string {
  const folder = scratchFolder();
  fs.copyFileSync(fixture('schemas/basicsr.lmdb'), path.join(folder, 'data.mdb'));
  const lines = fs.readFileSync(fixture('schemas/basicsr-meta_info.txt'), 'utf8').trimEnd().split('\n');
  fs.writeFileSync(path.join(folder, 'meta_info.txt'), `${metaInfo(lines).join('\n')}\n`);
  return folder;
}

it("compares BasicSR's images with its meta_info.txt", async () => {
  const folder = basicsr();
  const said = { path: path.join(folder, 'meta_info.txt'), images: 3 };
  using reader = openDatumLmdb(folder);
  expect(reader.info.metaInfo).toEqual(said);
  expect(await verify(folder)).toMatchObject({ ok: true, databases: [{ records: 3, metaInfo: said }] });
});

it('names the images that differ from what meta_info.txt says', async () => {
  const folder = basicsr(([first, second]) => [
    first!,
    second!.replace('(6,8,3)', '(8,6,3)'),
    '0009_s001.png (6,8,3) 1',
    'and so on',
  ]);
  const { ok, readable, damage } = await verify(folder);
  expect({ ok, readable }).toEqual({ ok: false, readable: 3 });
  expect(damage.map(({ message }) => message)).toEqual([
    'key 0001_s001: expected (8,6,3), as meta_info.txt says (height, width, channels), received (6,8,3).',
    'key 0002_s001: expected a line of meta_info.txt that names the image, found none.',
    `${folder}/meta_info.txt, line 4: expected name.png (height,width,channels) compression, received "and so on".`,
    'key 0009_s001: expected an image, which meta_info.txt lists, found none.',
  ]);
});

it('ignores a meta_info.txt with other contents', async () => {
  const folder = basicsr(() => ['written on a Monday']);
  const { ok, databases } = await verify(folder);
  expect({ ok, metaInfo: databases[0]!.metaInfo }).toEqual({ ok: true, metaInfo: undefined });
});
