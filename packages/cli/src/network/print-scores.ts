/** Prints the results of `ae test`. */
import type { Evaluation, MaskMode } from '@ae/autoencoder';
import type { ReportData } from '@ae/autoencoder/report';
import type { ImageScores } from '@ae/autoencoder/scores';
import { formatSize } from '../data/image-sizes';
import { formatBytes, formatCount, formatNumberOf, formatRows, style, type Terminal } from '../shell/terminal';
import type { TestResults } from './scores';

const masksInWords: Record<MaskMode, string> = {
  own: "with each image's own masks, which carry part of the image beside the code",
  fixed: 'with fixed masks, which carry no information: what the code alone holds',
  other: 'with the masks of another image',
};

const classesShown = 10;
const sizesShown = 4;
const worstShown = 10;
const bestShown = 3;

/** Prints the scores; `trainedOn` says that these are the images that the network was trained on and PCA was fitted to. */
export function printResults(
  terminal: Terminal,
  evaluations: readonly Evaluation[],
  results: TestResults,
  trainedOn = false,
): void {
  const [own] = evaluations;
  const { sizes, imageSizes = [], classes, worst, best, baselines } = results;
  const hasMasks = sizes.maskBytes > 0;
  const rows: [string, string][] = [
    ['images', `${formatCount(own.count)}, MSE ${own.mse.toFixed(6)}, MAE ${own.mae.toFixed(6)}`],
    ...evaluations.map(({ masks, psnrDb, pooledPsnrDb, perfect, ...scores }, i): [string, string] => [
      i === 0 ? 'PSNR' : '',
      `${formatDb(psnrDb)} dB (${formatDb(pooledPsnrDb)} pooled${perfect > 0 ? `, ${perfect} perfect` : ''})${withSimilarity(scores, hasMasks ? masksInWords[masks] : '')}`,
    ]),
    ...imageSizes
      .slice(0, sizesShown)
      .map((size, i): [string, string] => [
        i === 0 ? 'sizes' : '',
        `${formatSize(size)}${imageSizes.length > 1 ? ` (${formatNumberOf(size.count, 'image')})` : ''}: code of ${size.codeShape.join('x')}, ${formatNumberOf(size.codeNumbers, 'number')}`,
      ]),
    ...(imageSizes.length > sizesShown
      ? [['', `and ${formatCount(imageSizes.length - sizesShown)} more (listed in scores.json)`] as [string, string]]
      : []),
    [
      'bytes',
      `${formatCount(sizes.codeBytes)} code, ${hasMasks ? `${formatCount(sizes.maskBytes)} masks, ` : ''}${formatCount(sizes.imageBytes)} image${imageSizes.length > 1 ? ', on average' : ''}`,
    ],
    ...worst.slice(0, worstShown).map((image, i): [string, string] => [i === 0 ? 'worst' : '', nameImage(image)]),
    ...(worst.length > worstShown
      ? [['', `and ${formatCount(worst.length - worstShown)} more (listed in scores.json)`] as [string, string]]
      : []),
    ...(best.length > 0 ? [['best', best.slice(0, bestShown).map(nameImage).join(', ')] as [string, string]] : []),
  ];
  if (classes.length > 1) {
    for (const [i, { label, name = '', count, psnrDb }] of classes.slice(0, classesShown).entries()) {
      const said = label === undefined ? 'no label' : `class ${label}${name && `, ${name}`}`;
      rows.push([i === 0 ? 'by class' : '', `${said}: ${psnrDb.toFixed(2)} dB, ${formatNumberOf(count, 'image')}`]);
    }
    if (classes.length > classesShown) {
      rows.push(['', `and ${formatCount(classes.length - classesShown)} more (listed in scores.json)`]);
    }
  }
  terminal.print(formatRows(rows));
  if (baselines) printBaselines(terminal, baselines, hasMasks);
  if (trainedOn)
    terminal.warn(
      `the network ${baselines?.pcaFittedOn === undefined ? 'was' : 'and PCA were'} trained on these very images, so the scores are too good.`,
    );
}

/** Formats what follows a PSNR: the other scores, if any, and the masks that were used. */
function withSimilarity({ ssim, msSsim }: { ssim: number; msSsim: number }, masks: string): string {
  const scores = [
    ...(Number.isNaN(ssim) ? [] : [`SSIM ${ssim.toFixed(3)}`]),
    ...(Number.isNaN(msSsim) ? [] : [`MS-SSIM ${msSsim.toFixed(3)}`]),
  ];
  if (scores.length === 0) return masks && ` ${masks}`;
  return [...scores, masks]
    .filter((part) => part !== '')
    .map((part) => `, ${part}`)
    .join('');
}

function nameImage({ key, index, psnrDb }: ImageScores): string {
  return `${key ?? index} (${formatDb(psnrDb)} dB)`;
}

function formatDb(psnrDb: number): string {
  return psnrDb === Number.POSITIVE_INFINITY ? '∞' : psnrDb.toFixed(2);
}

const methodNames = { autoencoder: 'autoencoder', pca: 'PCA', jpeg: 'JPEG', thumbnail: 'thumbnail' } as const;

function printBaselines(
  terminal: Terminal,
  { groups, missing, ...pca }: NonNullable<ReportData['comparison']>,
  hasMasks: boolean,
): void {
  for (const { counted, codeBits, budgetBytes, rows } of groups) {
    const code = codeBits === 32 ? '' : ` at ${codeBits} bits per number`;
    terminal.print(`at ${formatBytes(budgetBytes)} per image, the size of the ${counted}${code}:`);
    terminal.print(
      formatRows(
        rows.map(({ method, masks, components, size, summary }) => [
          methodNames[method] +
            (hasMasks && masks ? `, ${masks} masks` : '') +
            (components === undefined ? '' : `, ${formatNumberOf(components, 'number')}`) +
            (size ? ` of ${size.join('x')}` : ''),
          summary ? `${style('bold', summary.psnrDb.toFixed(2))} dB` : 'cannot be compressed that far',
        ]),
      ),
    );
  }
  if (pca.pcaFittedOn !== undefined) terminal.print(`PCA was fitted to ${nameFittedImages(pca)}`);
  for (const reason of missing) terminal.print(`not compared: ${reason}`);
}

/** Describes the images that PCA was fitted to. */
export function nameFittedImages({
  pcaFittedOn = 0,
  pcaFittedOf = pcaFittedOn,
  pcaMirrored,
}: Pick<NonNullable<ReportData['comparison']>, 'pcaFittedOn' | 'pcaFittedOf' | 'pcaMirrored'>): string {
  const isPart = pcaFittedOn < pcaFittedOf;
  const images = isPart
    ? `${formatCount(pcaFittedOn)} of the ${formatCount(pcaFittedOf)} training images, evenly spaced`
    : formatNumberOf(pcaFittedOn, 'training image');
  return pcaMirrored ? `${images}${isPart ? ',' : ''} and their mirror images` : images;
}
