import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Autoencoder, useBackend } from '@ae/autoencoder';
import { caffeKey, DatumWriter, encodeSample } from '@ae/lmdb-datum';

const script = fileURLToPath(new URL('embed.mjs', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'ae-embed-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const size = 16;
/** A picture of one color, a shade of that of its number modulo 3. */
function picture(i) {
  const data = new Uint8Array(3 * size * size);
  data.fill(100 + i * 4, (i % 3) * size * size, ((i % 3) + 1) * size * size);
  return { channels: 3, height: size, width: size, data, label: i % 3 };
}

test('shows twelve pictures, each beside six of its color', async () => {
  const [network, lmdb, page] = ['network', 'pictures.lmdb', 'page.html'].map((name) => path.join(folder, name));
  const writer = await DatumWriter.open(lmdb);
  for (let i = 0; i < 24; i++) await writer.put(caffeKey(i, `${i}.png`), picture(i));
  await writer.close();
  await useBackend('wasm');
  const autoencoder = new Autoencoder({ inputShape: [size, size, 3], codeSize: 20 });
  await autoencoder.initialize({ seed: 1 });
  await autoencoder.save(network);

  const { status, stdout, stderr } = spawnSync(process.execPath, [script, network, lmdb, page], { encoding: 'utf8' });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.match(stdout, /^24 pictures as codes of 20 numbers; open .*page\.html\n$/);
  const rows = readFileSync(page, 'utf8').match(/<tr>.*<\/tr>/g);
  assert.equal(rows.length, 12);
  const colors = new Map();
  for (let i = 0; i < 24; i++) {
    colors.set(Buffer.from(await encodeSample(picture(i), 'png')).toString('base64'), i % 3);
  }
  for (const row of rows) {
    const shown = [...row.matchAll(/base64,([^"]+)"/g)].map(([, png]) => colors.get(png));
    assert.deepEqual(shown, Array(7).fill(shown[0]));
  }
});

test('says what is missing', () => {
  const { status, stderr } = spawnSync(process.execPath, [script, path.join(folder, 'nowhere')], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^embed: \[autoencoder\] .*nowhere.model\.json does not exist; .*\n$/);
});
