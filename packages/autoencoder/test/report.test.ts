/** The contents of reports, as data and as text; how browsers show them is in report-page.slow.test.ts. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, type MaskMode, type SampleSource } from '../src/entries/index';
import { collectReport, type ReportData, renderComparison, renderReport } from '../src/entries/report';
import { toPicture } from '../src/report/pictures';
import { images, reportedRun, training, validation } from './reported-run';

let folder: string;
let data: ReportData;
let stages: readonly string[];

beforeAll(async () => {
  ({ folder, data, stages } = await reportedRun());
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('collectReport', () => {
  it('includes the run, the scores of all masks and the comparisons', async () => {
    expect(data.title).toBe('my run');
    expect(data.run).toMatchObject({
      command: 'ae train "my data" --epochs 3',
      seed: 0,
      train: { name: 'my data', count: 40 },
    });
    expect(data.evaluated).toMatchObject({ count: 20, sourceCount: 20, name: 'their images', trainedOn: false });
    expect(data.run?.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(data.run?.samples.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(data.run?.epochs[2].validationPsnrDb).toBeCloseTo(data.scores.own?.summary.psnrDb ?? 0, 3);
    expect(Object.keys(data.scores)).toEqual(['own', 'fixed', 'other']);
    expect(data.scores.fixed?.psnrsDb).toHaveLength(20);
    expect(data.classes.map(({ label, name }) => [label, name])).toEqual([
      [0, 'class-0'],
      [1, 'class-1'],
      [2, 'class-2'],
    ]);
    expect(data.comparison?.groups).toHaveLength(4);
    expect(data.comparison?.pcaFittedOn).toBe(40);
    expect(data.latent?.map.points).toHaveLength(20);
    expect(data.latent?.interpolations[0].rows.map(({ masks }) => masks)).toEqual(['first', 'second', 'fixed']);
    expect(stages).toContain('PCA: fitting');
    expect(data.worst[0].psnrDb).toBeLessThan(data.best[0].psnrDb);
    expect(data.worst[0].psnrDb).toBe(Math.min(...(data.scores.own?.psnrsDb ?? [])));
  });

  it('is plain data, and renders the same page after a round trip through JSON', () => {
    expect(renderReport(JSON.parse(JSON.stringify(data))) === renderReport(data)).toBe(true);
  });

  it('says that PCA was fitted to a part of many training images', () => {
    expect(renderReport(data)).toContain(', fitted to 40 training images.');
    const comparison = data.comparison && { ...data.comparison, pcaFittedOn: 2048, pcaFittedOf: 3290 };
    const text = ', fitted to 2,048 of the 3,290 training images, evenly spaced.';
    expect(renderReport({ ...data, comparison })).toContain(text);
  });

  it('works without a run, labels, baselines and masks', async () => {
    const { conv2d } = await import('@ae/layers');
    const layers = [conv2d({ filters: 1, kernelSize: 1, name: 'code' }), conv2d({ filters: 1, kernelSize: 1 })];
    const ae = new Autoencoder({ inputShape: [12, 9, 1], layers });
    await ae.initialize();
    const gray = [1, 2].map((n) => ({ channels: 1, height: 12, width: 9, data: new Uint8Array(108).fill(50 * n) }));
    const little = await collectReport(ae, { samples: gray, baselines: false });
    expect(Object.keys(little.scores)).toEqual(['own']);
    expect(little.latent?.interpolations[0].rows).toHaveLength(1);
    const page = withoutPictures(renderReport(little));
    expect(page.includes('Autoencoder')).toBe(true);
    expect(page.match(/NaN|undefined|id="masks"|id="training"|id="baselines"/)).toBeNull();
    const alone = await collectReport(ae, { samples: gray.slice(0, 1), baselines: false });
    expect(withoutPictures(renderReport(alone)).match(/NaN|undefined|id="codes"/)).toBeNull();
    ae.dispose();
  });

  it('says when the images are those that the network was trained on', async () => {
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4 });
    await ae.initialize();
    const runFolder = path.join(folder, 'my run');
    const report = await collectReport(ae, { samples: training, runFolder, baselines: false });
    expect(report.evaluated).toMatchObject({ name: 'my data', trainedOn: true });
    expect(renderReport(report).includes('which it was trained on')).toBe(true);
    expect(renderReport(data).includes('which it was trained on')).toBe(false);
    ae.dispose();
  });

  it('shows images from random codes if the network is variational', async () => {
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4, variational: true });
    await ae.initialize();
    const report = await collectReport(ae, { samples: validation, baselines: false });
    expect(report.latent?.drawn?.map(({ masksOf, pictures }) => [masksOf?.name, pictures.length])).toEqual([
      [undefined, 8],
      [validation[0].key, 8],
    ]);
    expect(renderReport(report).includes('Images from random codes')).toBe(true);
    expect(withoutPictures(renderReport(report))).not.toContain('mixture of Gaussians');
    // With training images, as ae sample draws them.
    const trained = await collectReport(ae, { samples: validation, trainingSamples: training, baselines: false });
    expect(withoutPictures(renderReport(trained))).toContain('drawn from a mixture of Gaussians');
    const own = (await ae.sample({ count: 8, codesOf: training })).map(toPicture);
    expect(trained.latent?.drawn?.[0].pictures).toEqual(own);
    expect(renderReport(data).includes('Images from random codes')).toBe(false);
    ae.dispose();
  });

  it('scores nothing twice: neither what the caller has scored, nor what it compares with baselines', async () => {
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4 });
    await ae.initialize();
    const few = images.slice(0, 12);
    let reads = 0;
    const counted: SampleSource = {
      length: few.length,
      identity: () => ({ revision: 'r', content: 'c', complete: true }),
      at: (index) => {
        reads++;
        return few[index];
      },
    };
    const readsOf = async <T>(work: () => Promise<T>) => {
      reads = 0;
      const result = await work();
      return { result, reads };
    };
    const evaluate = (masks: MaskMode) => ae.evaluate(counted, { masks });
    const scored = await readsOf(async () => [await evaluate('own'), await evaluate('fixed'), await evaluate('other')]);
    // Once for each kind of masks, and once for the images that lend theirs.
    expect(scored.reads).toBe(4 * few.length);
    const evaluations = scored.result;
    const collect = (options: object) => readsOf(() => collectReport(ae, { samples: counted, ...options }));
    const plain = { baselines: false };
    const [unknown, known] = [await collect(plain), await collect({ ...plain, evaluations })];
    expect(unknown.reads - known.reads).toBe(4 * few.length);
    expect({ ...known.result, createdAt: '' }).toEqual({ ...unknown.result, createdAt: '' });

    // Of fewer images, own and fixed masks score the same; the images that lend masks are others.
    const [some, fewer] = [
      await collect({ ...plain, maxImages: 8 }),
      await collect({ ...plain, maxImages: 8, evaluations }),
    ];
    expect(some.reads - fewer.reads).toBe(2 * 8);
    expect({ ...fewer.result, createdAt: '' }).toEqual({ ...some.result, createdAt: '' });

    const compare = (options: object) => readsOf(() => ae.compare(counted, options));
    const [compared, compares] = [await compare({}), await compare({ evaluations })];
    expect(compared.reads - compares.reads).toBe(4 * few.length);
    expect(compares.result).toEqual(compared.result);
    await expect(collectReport(ae, { samples: validation, evaluations })).rejects.toThrow(
      'evaluations: expected scores of the same 20 images, received scores of 12.',
    );
    ae.dispose();
  });

  it('says what is wrong with a run folder', async () => {
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4 });
    await ae.initialize();
    const collect = (runFolder: string) => collectReport(ae, { samples: images, runFolder, baselines: false });
    await expect(collect(path.join(folder, 'nowhere'))).rejects.toThrow(/config\.json.*name the folder of a run/);
    await expect(collectReport(ae, { samples: images, runfolder: 'x' } as never)).rejects.toThrow(
      /unknown option "runfolder"/,
    );
    ae.dispose();
  });
});

/** The page without pictures, whose letters mean nothing, and without its own style and script. */
function withoutPictures(page: string): string {
  return page
    .replace(/data:image[^"')]+/g, 'data:')
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<script>[\s\S]*?<\/script>\n<\/body>/, '');
}

describe('renderReport', () => {
  it('loads nothing from elsewhere and treats no name as markup', () => {
    const page = withoutPictures(renderReport({ ...data, title: '<script>alert(1)</script>' }));
    expect(page.includes('<script>alert')).toBe(false);
    expect(page.includes('<img src=x')).toBe(false);
    expect(page.match(/(src|href)="(?!data:|#)/)).toBeNull();
    expect(page.match(/url\((?!data:)/)).toBeNull();
    expect(page.includes('&lt;script&gt;alert(1)')).toBe(true);
  });

  it('shows the command, the sizes and the scores in words and figures', () => {
    const page = withoutPictures(renderReport(data));
    expect(page.includes('ae train &quot;my data&quot; --epochs 3')).toBe(true);
    expect(page.includes(`<b>${data.scores.own?.summary.psnrDb.toFixed(2)} dB</b>`)).toBe(true);
    expect(page.match(/NaN|undefined|\[object/)).toBeNull();
  });

  it('says how much was planned for a run that was stopped', () => {
    const run = data.run && { ...data.run, options: { ...data.run.options, epochs: 15 } };
    expect(renderReport({ ...data, run }).includes('trained for 3 epochs of 15 on')).toBe(true);
    expect(renderReport(data).includes('trained for 3 epochs on')).toBe(true);
  });
});

describe('renderComparison', () => {
  it('refuses one run, and warns of runs that were scored on different images', () => {
    expect(() => renderComparison([data])).toThrow(/2 to 6 reports, received 1/);
    const elsewhere = { ...data, evaluated: { ...data.evaluated, fingerprint: 'other' } };
    const page = withoutPictures(renderComparison([data, elsewhere]));
    expect(page.includes('scored on different images')).toBe(true);
    expect(page.includes('id="pictures"')).toBe(false);
  });
});
