/** Keys, names and values from outside reach the terminal as plain text: no control characters except line ends. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Autoencoder } from '@ae/autoencoder';
import { DatumWriter } from '@ae/lmdb-datum';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quote } from '../src/shell/command-line';
import { printable, printableJson, rendered } from '../src/shell/printable';
import { makeFolder, makePictures, plainDatum, remove } from './ae';
import { ae } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));

/** Red, a new line, the cursor at the start, C1's CSI and OSC, a title, a bell, and a name written from right to left. */
const nasty = '\x1b[31mred\nab\rc\u009b2J\u009d0;title\x07\x7f\u202egnp.\u2066x\u2028';
const forbidden = /[\p{Bidi_Control}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u;
const database = `db${nasty}`;
const model = `model${nasty}`;
const keys = [`1${nasty}`, `2${nasty}`, `3${nasty}`];

beforeAll(async () => {
  const writer = await DatumWriter.open(path.join(folder, database));
  for (const [i, key] of keys.entries()) await writer.put(key, { ...plainDatum(16, 16), label: i });
  await writer.close();
  const broken = await DatumWriter.open(path.join(folder, `broken${nasty}`));
  for (const key of keys) await broken.put(key, { data: Buffer.from(nasty), encoded: true, label: 1 });
  await broken.close();
  const network = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4, variational: true });
  await network.initialize({ seed: 1 });
  await network.save(path.join(folder, model));
  network.dispose();
  const images = path.join(folder, `images${nasty}`);
  await makePictures(path.join(images, `class${nasty}`), 1);
  mkdirSync(path.join(images, `other${nasty}`));
  writeFileSync(path.join(images, `other${nasty}`, `broken${nasty}.png`), 'no picture');
  writeFileSync(path.join(folder, `list${nasty}.txt`), `${nasty} ${nasty}\n`);
  writeFileSync(path.join(folder, `file${nasty}`), nasty);
});

/** Each is run normally, and those marked also with --json. */
const commands: [args: string[], json?: 'json'][] = [
  [['inspect', database], 'json'],
  [['inspect', `broken${nasty}`]],
  [['verify', `broken${nasty}`], 'json'],
  [['mean', database, `mean${nasty}.binaryproto`]],
  [['export', database, `pictures${nasty}`]],
  [['export', `broken${nasty}`, `nothing${nasty}`, '--lenient']],
  [['resize', database, `small${nasty}`, '8']],
  [['import', `images${nasty}`, `imported${nasty}`]],
  [['import', `list${nasty}.txt`, `listed${nasty}`]],
  [['encode', model, database, `codes${nasty}`]],
  [['neighbors', model, database, keys[0]]],
  [['train', database, '--out', `run${nasty}`, '--epochs', '1']],
  // The error contains text that the user typed.
  [['inspect', `${nasty}none`], 'json'],
  [['test', `${nasty}none`, database]],
  [['report', `${nasty}none`]],
  [['verify', `file${nasty}`]],
  [['train', database, '--epochs', nasty]],
  [['train', database, '--backend', nasty]],
  [['train', database, `--${nasty}`], 'json'],
  [['train', '--resume', nasty]],
  [['import', nasty, `out${nasty}`]],
  [['backend', 'install', nasty]],
  [[nasty]],
  [['help', nasty]],
];

test('no command prints a control character, as text or as JSON', async () => {
  const queue = commands.flatMap(([args, json]) => (json ? [args, [...args, '--json']] : [args]));
  let seen = '';
  const takeOn = async () => {
    for (let args = queue.shift(); args; args = queue.shift()) {
      const { stdout, stderr } = await ae(folder, ...args);
      expect(stdout + stderr, printable(args.join(' '))).not.toMatch(forbidden);
      expect(stderr, printable(args.join(' '))).not.toContain('unexpected');
      if (args.includes('--json')) for (const line of (stdout + stderr).trim().split('\n')) JSON.parse(line);
      seen += stdout + stderr;
    }
  };
  await Promise.all([takeOn(), takeOn()]);
  expect(seen).toContain(printable(keys[0]));
  expect(seen).toContain('\\x1b[31mred\\nab\\rc\\u009b2J');
}, 240_000);

test('pages and file names contain none either', async () => {
  const made = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const pictures = made.filter((name) => name.startsWith(`pictures${nasty}/`)).map((name) => path.basename(name));
  expect(pictures).toHaveLength(3);
  for (const name of pictures) expect(name).not.toMatch(forbidden);
  const pages = made.filter((name) => name.endsWith('.html'));
  expect(pages.length).toBeGreaterThan(0);
  for (const page of pages) expect(forbidden.exec(readFileSync(path.join(folder, page), 'utf8'))).toBe(null);
});

describe('printable', () => {
  test('escapes what is not text, and leaves text in every language alone', () => {
    expect(printable('a\x00\x1b\x7f\x80\u202e\u2029\ud800b\t\r\n')).toBe(
      'a\\x00\\x1b\\x7f\\u0080\\u202e\\u2029\\ud800b\\t\\r\\n',
    );
    const words = 'é übung 日本 \u05d0\u05d1 👩‍🚀 ﷽ a\u0301';
    expect(printable(words)).toBe(words);
    expect(rendered(nasty)).toBe(printable(nasty));
  });

  test('JSON stays JSON with the same value', () => {
    const value = { [nasty]: nasty };
    expect(printableJson(value)).not.toMatch(forbidden);
    expect(JSON.parse(printableJson(value))).toEqual(value);
  });

  test.skipIf(process.platform === 'win32')('a pasted command has the same arguments in Bash', () => {
    const name = `${nasty}'\\n"$x`;
    expect(quote(name)).not.toMatch(forbidden);
    const said = execFileSync('bash', ['--norc', '-c', `printf %s ${quote(name)}`], {
      encoding: 'utf8',
      env: { LC_ALL: 'C.UTF-8' },
    });
    expect(said).toBe(name);
  });
});
