/** What ae watch serves, and to whom. */
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { openDatumLmdb } from '@ae/lmdb-datum';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalServer, serveLocally } from '../src/watch/serve';
import { watchImages } from '../src/watch/watch-images';
import { waitAfter, watchRun } from '../src/watch/watch-run';
import { ae, makeFolder, makeLmdb, plainDatum, remove, startAe } from './ae';

const folder = makeFolder();
const run = path.join(folder, 'my <run>');
let server: LocalServer;
afterAll(() => remove(folder));

interface Answered {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

/** Sends a request that no browser would: with any path, unchanged, and any Host. */
function ask(pathname: string, { method = 'GET', host }: { method?: string; host?: string } = {}): Promise<Answered> {
  const { hostname, port } = new URL(server.address);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path: pathname, method, headers: host ? { host } : {} }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    asked.on('error', reject).end();
  });
}

const live = async () => JSON.parse((await ask('/live')).body.toString());

/** As training writes it before its first update. */
const config = {
  version: 1,
  command: 'ae train "a <b>"',
  options: {
    ...{ batchSize: 8, accumulate: 1, records: null, epochs: 3, earlyStopping: null },
    ...{ optimizer: { name: 'adam' }, schedule: { policy: 'fixed' }, loss: { name: 'mse' }, augmentation: {} },
  },
  seed: 0,
  inputShape: [16, 16, 3],
  pixels: { scale: 1, channelOrder: 'rgb' },
  data: { train: { count: 40, fingerprint: 'x', name: '<script>alert(1)</script>' } },
  versions: { autoencoder: '0.1.0' },
  backend: { name: 'wasm', threads: 2 },
};

function log(line: object): void {
  appendFileSync(path.join(run, 'metrics.jsonl'), `${JSON.stringify(line)}\n`);
}

describe('a run', () => {
  beforeAll(async () => {
    mkdirSync(path.join(run, 'samples'), { recursive: true });
    writeFileSync(path.join(run, 'config.json'), JSON.stringify(config));
    server = await serveLocally(await watchRun(run), 0);
  });
  afterAll(() => server.close());

  test('has a small page that loads nothing from elsewhere', async () => {
    const { status, headers, body } = await ask('/');
    expect(status).toBe(200);
    expect(body.length).toBeLessThan(100_000);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' });
    const page = body.toString();
    expect(page).toContain('my &lt;run&gt;');
    expect(page).toContain('default-src &#39;none&#39;');
    expect(page.match(/(?:src|href)="(?!data:)[^"]*"/g) ?? []).toEqual([]);
  });

  test('is shown before its first update, while it trains, and after it is gone', async () => {
    const first = await live();
    expect(first.html).toContain('Nothing to show yet');
    expect(first.html).toContain('ae train &quot;a &lt;b&gt;&quot;');
    for (const step of [1, 2, 3]) {
      log({
        type: 'step',
        step,
        epoch: 1,
        loss: 1 / step,
        learningRate: 0.1,
        imagesPerSecond: 10,
        elapsedMs: 100 * step,
      });
    }
    const second = await live();
    expect(second.revision).not.toBe(first.revision);
    expect(second.waitMs).toBeGreaterThanOrEqual(2000);
    expect(second.html).toContain('No epoch has ended yet');
    const grid = await sharp({ create: { width: 8, height: 4, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    writeFileSync(path.join(run, 'samples', 'epoch-0001.png'), grid);
    log({ type: 'epoch', step: 5, epoch: 1, loss: 0.25, learningRate: 0.1, imagesPerSecond: 10, elapsedMs: 500 });
    // A line that is still being written.
    appendFileSync(path.join(run, 'metrics.jsonl'), '{"type":"st');
    const third = await live();
    expect(third.html).toContain('1 of 3');
    expect(third.html).toContain('src="samples/1.png" width="8" height="4"');
    expect((await ask('/samples/1.png')).body.equals(grid)).toBe(true);
    expect((await ask(`/live?since=${encodeURIComponent(third.revision)}`)).status).toBe(304);
    renameSync(run, `${run}-elsewhere`);
    expect((await live()).html).toContain('The folder is gone');
    renameSync(`${run}-elsewhere`, run);
    expect((await live()).html).toBe(third.html);
  });

  test('is asked for less often where it takes long to draw', () => {
    expect([0, 30, 100, 500].map(waitAfter)).toEqual([2000, 2000, 5000, 25_000]);
  });

  test.each([
    '/../config.json',
    '/samples/../config.json',
    '/samples/%2e%2e%2fconfig.json',
    '/samples/2.png',
    '/config.json',
    '//etc/passwd',
  ])('has no file at %s', async (pathname) => {
    expect((await ask(pathname)).status).toBe(404);
  });

  test('refuses other hosts and other methods', async () => {
    const { port } = new URL(server.address);
    expect((await ask('/', { host: `localhost:${port}` })).status).toBe(200);
    for (const host of ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`, '127.0.0.1'])
      expect((await ask('/', { host })).status).toBe(403);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await ask('/', { method })).status).toBe(405);
    expect((await ask('/', { method: 'HEAD' })).body).toHaveLength(0);
  });
});

describe('an LMDB', () => {
  const file = path.join(folder, 'all.lmdb');

  beforeAll(async () => {
    const datums = Array.from({ length: 70 }, (_, label) => ({ ...plainDatum(4, 6), label }));
    await makeLmdb(file, [...datums, { channels: 7, height: 1, width: 1, data: new Uint8Array(7), label: 0 }]);
    server = await serveLocally(watchImages(await openDatumLmdb(file), '<all>'), 0);
  });
  afterAll(() => server.close());

  test('is shown as pages of keys, labels and images', async () => {
    const first = JSON.parse((await ask('/images?page=0')).body.toString());
    expect(first).toHaveLength(60);
    expect(first[3]).toEqual({ number: 3, key: '00000003_a', label: 3, size: '6 × 4' });
    const second = JSON.parse((await ask('/images?page=1')).body.toString());
    expect(second).toHaveLength(11);
    expect(second[10].problem).toBe('7 channels: no picture');
    const { data, info } = await sharp((await ask('/images/3.png')).body)
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, data[0]]).toEqual([6, 4, 100]);
    for (const nothing of ['/images/71.png', '/images/-1.png', '/images?page=-1', '/images?page=x', '/images/1'])
      expect((await ask(nothing)).status).toBe(404);
    expect(JSON.parse((await ask('/images?page=9')).body.toString())).toEqual([]);
    expect((await ask('/')).body.toString()).toContain('<title>&#60;all&#62;</title>');
  });
});

describe('ae watch', () => {
  test.skipIf(process.platform === 'win32')('prints its address, and ends on Ctrl-C', async () => {
    const { child, finished } = startAe(['watch', 'all.lmdb', '--json'], folder);
    const line = await new Promise<string>((resolve) => child.stdout?.once('data', (text) => resolve(String(text))));
    const { address } = JSON.parse(line);
    expect((await fetch(address)).status).toBe(200);
    const taken = await ae(folder, 'watch', 'all.lmdb', '--port', new URL(address).port);
    expect(taken.stderr).toBe(
      `ae watch: Port ${new URL(address).port} is in use; choose another one, or leave --port out.\n`,
    );
    child.kill('SIGINT');
    expect((await finished).code).toBe(130);
    await expect(fetch(address)).rejects.toThrow();
  });

  test('a path that is neither a run nor images is an error', async () => {
    const { code, stderr } = await ae(folder, 'watch', 'nowhere');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ae watch: nowhere does not exist/);
  });
});
