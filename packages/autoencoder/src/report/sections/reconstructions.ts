import { formatDb } from '../format';
import { html, type Markup } from '../html';
import type { PageSection } from '../page';
import { errorGain, type Picture } from '../pictures';
import type { ReportData, ReportExample } from '../report-data';

/** An `<img>` with an alternative text. */
export function image({ uri, width, height }: Picture, alt: string): Markup {
  return html`<img src="${uri}" width="${width}" height="${height}" alt="${alt}">`;
}

export function renderReconstructions({ examples, model }: ReportData): PageSection {
  return {
    id: 'reconstructions',
    name: 'Reconstructions',
    heading: 'Reconstructions',
    content: html`<p>Top: the image. Middle: the reconstruction from its code${model.sizes.maskBytes > 0 && ' and masks'}. Bottom: the error, ${errorGain} times
amplified, black where there is none. The images were drawn at random, not chosen.</p>
<div class="pictures">${examples.map(stack)}</div>`,
  };
}

function stack({ name, psnrDb, input, output, error }: ReportExample): Markup {
  return html`<figure class="picture">${image(input, `${name}: input`)}${image(output, `${name}: reconstruction`)}${
    error && image(error, `${name}: error`)
  }<figcaption><b>${formatDb(psnrDb)}</b><span class="name" title="${name}">${shortName(name)}</span></figcaption></figure>`;
}

/** `00000042_cat/1.png` -> `1.png`: most images can be told apart by the end of their names, and there is little space. */
function shortName(name: string): string {
  return name.replace(/^.*\/(?=.)/, '');
}

/** The worst and best reconstructions. */
export function renderExtremes({ worst, best, model }: ReportData): Markup {
  return html`<div class="columns">
<figure><h3>Worst</h3><div class="pictures">${worst.map(stack)}</div></figure>
<figure><h3>Best</h3><div class="pictures">${best.map(stack)}</div></figure>
</div>
<p class="note">The lowest and the highest PSNR${model.sizes.maskBytes > 0 && ' with their own masks'}: input above, reconstruction below.</p>`;
}
