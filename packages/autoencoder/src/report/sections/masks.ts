import type { MaskMode } from '../../network/masks';
import { formatCount, formatDb, formatFixed } from '../format';
import { html, type Markup } from '../html';
import type { PageSection } from '../page';
import type { ReportData, ReportExample, ReportModel } from '../report-data';
import { image } from './reconstructions';

/** Names of the three kinds of masks, in tables and in sentences. */
export const maskNames: Record<MaskMode, string> = {
  own: 'own masks',
  fixed: 'fixed masks',
  other: "another image's masks",
};

const shownExamples = 10;

/** What the masks carry: scores and images with all three kinds; undefined for a network without masks. */
export function renderMasks(data: ReportData): PageSection | undefined {
  const { scores, model } = data;
  if (!scores.own || !scores.fixed) return undefined;
  return {
    id: 'masks',
    name: 'Masks',
    heading: 'What the masks carry',
    content: html`<p>Besides the code, the decoder is told where in each pooling window the maximum was. That is a second channel, so one
score says little about the code alone. Here the same codes are decoded with the image's own masks, with fixed ones (every
maximum top left in its window) and with those of another image, half the data away.</p>
<div class="stack">
<div class="columns">
${scoreTable(scores)}
${sizes(model)}
</div>
${maskPictures(data.examples.slice(0, shownExamples))}
</div>`,
  };
}

function scoreTable(scores: ReportData['scores']): Markup {
  const modes = (['own', 'fixed', 'other'] as const).filter((mode) => scores[mode]);
  const rows = modes.map((mode) => {
    const summary = scores[mode]?.summary;
    return html`<tr><th scope="row"><i class="swatch c-${mode}"></i>${maskNames[mode]}</th>
<td>${formatFixed(summary?.psnrDb, 2)}</td><td>${formatFixed(summary?.pooledPsnrDb, 2)}</td>
<td>${formatFixed(summary?.ssim, 3)}</td><td class="narrow-hide">${formatFixed(summary?.msSsim, 3)}</td></tr>`;
  });
  return html`<figure class="scroll"><h3>Scores</h3><table><thead><tr><th>decoded with</th><th>PSNR, dB</th>
<th>pooled, dB</th><th>SSIM</th><th class="narrow-hide">MS-SSIM</th></tr></thead><tbody>${rows}</tbody></table></figure>`;
}

function sizes({ sizes: { imageBytes, codeBytes, codeNumbers, masks, maskBytes } }: ReportModel): Markup {
  const longest = Math.max(imageBytes, codeBytes + maskBytes);
  const bar = (kind: string, bytes: number) =>
    html`<i class="${kind}" style="width:${((100 * bytes) / longest).toFixed(2)}%"></i>`;
  const eight = codeNumbers + 8;
  const maskBars = masks.map(({ bytes }) => bar('mask-bytes', bytes));
  return html`<figure><h3>Bytes per image</h3><dl class="bytes">
<div><dt>Uncompressed: ${formatCount(imageBytes)}</dt><dd>${bar('picture-bytes', imageBytes)}</dd></div>
<div><dt>Code as float32 ${formatCount(codeBytes)} + masks ${formatCount(maskBytes)} = ${formatCount(codeBytes + maskBytes)}</dt>
<dd>${bar('code-bytes', codeBytes)}${maskBars}</dd></div>
<div><dt>Code as 8 bits ${formatCount(eight)} + masks ${formatCount(maskBytes)} = ${formatCount(eight + maskBytes)}</dt>
<dd>${bar('code-bytes', eight)}${maskBars}</dd></div></dl>
<figcaption>Masks: ${masks.map(
    ({ pool, bitsPerValue, bytes }, i) =>
      `${i > 0 ? ', ' : ''}${pool} ${bitsPerValue} bits per value, ${formatCount(bytes)} B`,
  )}.</figcaption></figure>`;
}

function maskPictures(examples: readonly ReportExample[]): Markup {
  const row = (name: string, cells: readonly (Markup | undefined)[]) =>
    html`<div class="row-label">${name}</div><div class="strip examples">${cells}</div>`;
  const cell = (picture: Markup, caption: string) =>
    html`<figure>${picture}<figcaption>${caption}</figcaption></figure>`;
  const modeRow = (mode: 'fixed' | 'other') =>
    examples.every((example) => example[mode]) &&
    row(
      maskNames[mode],
      examples.map((example) => {
        const result = example[mode];
        return (
          result && cell(image(result.picture, `${example.name}: ${maskNames[mode]}`), formatFixed(result.psnrDb, 1))
        );
      }),
    );
  return html`<figure><div class="compare">
${row(
  'input',
  examples.map(({ input, name }) => html`<figure>${image(input, `${name}: input`)}</figure>`),
)}
${row(
  maskNames.own,
  examples.map(({ output, name, psnrDb }) => cell(image(output, `${name}: own masks`), formatFixed(psnrDb, 1))),
)}
${modeRow('fixed')}
${modeRow('other')}
</div><figcaption>The same images decoded from the same codes with three kinds of masks; below each is its PSNR in dB.
${verdict(examples)}</figcaption></figure>`;
}

function verdict(examples: readonly ReportExample[]): string {
  const losses = examples.flatMap(({ psnrDb, fixed }) =>
    fixed ? [Math.min(psnrDb, 100) - Math.min(fixed.psnrDb, 100)] : [],
  );
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  return mean > 0 ? `Without their own masks they lose ${formatDb(mean)} on average.` : '';
}
