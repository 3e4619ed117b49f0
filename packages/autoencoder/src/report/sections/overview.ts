import {
  formatBytes,
  formatCount,
  formatDb,
  formatFixed,
  formatMillions,
  formatNumberOf,
  formatShortDuration,
} from '../format';
import { html, type Markup } from '../html';
import type { PageSection } from '../page';
import type { ReportData } from '../report-data';

/** One sentence on what the page is about. */
export function renderLede({ model, run, evaluated, scores }: ReportData): Markup {
  const [height, width, channels] = model.inputShape;
  const kind = channels === 1 ? 'gray ' : '';
  const epochs = run?.epochs.at(-1)?.epoch ?? 0;
  const planned = run && epochs < Number(run.options.epochs) ? ` of ${run.options.epochs}` : '';
  const trained =
    run && epochs > 0
      ? ` It was trained for ${formatNumberOf(epochs, 'epoch')}${planned} on ${formatNumberOf(run.train.count, 'image')}` +
        `${run.train.name ? ` (${run.train.name})` : ''}.`
      : '';
  const own = scores.own?.summary;
  return html`<p>A convolutional autoencoder turns ${kind}images of ${height} × ${width} pixels into
${formatCount(model.sizes.codeNumbers)} numbers${model.sizes.maskBytes > 0 && ' and pooling masks'}, and back.${trained}
It reconstructs ${formatNumberOf(evaluated.count, 'image')}${evaluated.name && ` of ${evaluated.name}`}${
    evaluated.trainedOn && ', which it was trained on,'
  } with a PSNR of
<b>${formatDb(own?.psnrDb)}</b>.</p>`;
}

export function renderOverview(data: ReportData): PageSection {
  const { model, scores } = data;
  const { sizes } = model;
  const own = scores.own?.summary;
  const fixed = scores.fixed?.summary;
  const masked = fixed ? ', own masks' : '';
  const tiles = [
    tile(`PSNR${masked}`, formatFixed(own?.psnrDb, 2), 'dB', `pooled over all pixels ${formatDb(own?.pooledPsnrDb)}`),
    fixed && tile('PSNR, fixed masks', formatFixed(fixed.psnrDb, 2), 'dB', "the code without the image's masks"),
    tile(`SSIM${masked}`, formatFixed(own?.ssim, 3), '', `MS-SSIM, three scales, ${formatFixed(own?.msSsim, 3)}`),
    tile('Code', formatBytes(sizes.codeBytes), '', describeSizes(sizes)),
    tile('Parameters', formatMillions(model.parameters), '', `${formatNumberOf(model.layers.length, 'layer')}`),
    trainingTile(data),
  ];
  return {
    id: 'overview',
    name: 'Overview',
    heading: 'Overview',
    content: html`<p class="note">PSNR is the mean over images of each image's peak signal-to-noise ratio: higher is better,
and 6 dB more means half the error. SSIM is 1 for a perfect image.</p>
<dl class="tiles">${tiles}</dl>`,
  };
}

function describeSizes({ imageBytes, maskBytes }: ReportData['model']['sizes']): string {
  const masks = maskBytes > 0 ? ` and ${formatBytes(maskBytes)} of masks` : '';
  return `as float32${masks}, for an image of ${formatBytes(imageBytes)}`;
}

function trainingTile({ run }: ReportData): Markup | undefined {
  const last = run?.epochs.at(-1);
  if (!run || !last) return undefined;
  const speed = run.epochs.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0) / run.epochs.length;
  const { name, threads } = run.backend;
  const engine = `${name}${threads ? `, ${formatNumberOf(threads, 'thread')}` : ''}`;
  const note = `${formatNumberOf(last.epoch, 'epoch')} at ${formatCount(speed)} images/s (${engine})`;
  return tile('Training', formatShortDuration(last.elapsedMs), '', note);
}

function tile(name: string, value: string, unit: string, note: string): Markup {
  return html`<div class="tile"><dt>${name}</dt><dd>${value}${unit && html`<small>${unit}</small>`}</dd><dd>${note}</dd></div>`;
}
