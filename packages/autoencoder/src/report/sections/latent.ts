import { formatCount, formatPrecise } from '../format';
import { html, type Markup } from '../html';
import type { PageSection } from '../page';
import type { ReportLatent } from '../report-data';
import { image } from './reconstructions';

/** Where images are in code space: a map, neighbors, and the way from one image to another. */
export function renderLatent(latent: ReportLatent | undefined): PageSection | undefined {
  if (!latent) return undefined;
  return {
    id: 'codes',
    name: 'Codes',
    heading: 'The code space',
    content: html`<div class="stack">
${renderMap(latent.map)}
${renderNeighbors(latent)}
${latent.drawn && renderDrawn(latent.drawn)}
${latent.interpolations.length > 0 && renderInterpolations(latent.interpolations)}
</div>`,
  };
}

function renderMap({ sprites, points, varianceShares }: ReportLatent['map']): Markup {
  const place = (axis: 'x' | 'y') => {
    const values = points.map((point) => point[axis]);
    const [min, max] = [Math.min(...values), Math.max(...values)];
    return (value: number) => (max > min ? 4 + (92 * (value - min)) / (max - min) : 50).toFixed(2);
  };
  const [left, top] = [place('x'), place('y')];
  const { columns, rows } = sprites;
  const share = (count: number, of: number) => (of > 1 ? (100 * count) / (of - 1) : 0).toFixed(3);
  const tiles = points.map(({ x, y, name }, i) => {
    const position = `${share(i % columns, columns)}% ${share(Math.floor(i / columns), rows)}%`;
    // The map's y axis points up, the page's down.
    const bottom = (100 - Number(top(y))).toFixed(2);
    return html`<i style="left:${left(x)}%;top:${bottom}%;background-position:${position}" data-tip="${name}"></i>`;
  });
  const ratio = `${sprites.width / columns} / ${sprites.height / rows}`;
  const percent = (value: number) => `${(100 * value).toFixed(0)}%`;
  return html`<figure><h3>Map</h3><div class="map" style="--sprites:url(${sprites.uri});--sheet:${columns * 100}% ${rows * 100}%;--tile-ratio:${ratio}">${tiles}</div>
<figcaption>${formatCount(points.length)} images at their codes' first two principal components, which explain ${percent(varianceShares[0])} and
${percent(varianceShares[1])} of the codes' variance: images that lie close together have similar codes, as far as two dimensions can tell.</figcaption></figure>`;
}

function renderNeighbors({ neighbors, searched }: ReportLatent): Markup {
  const rows = neighbors.map(
    ({ name, picture, found }) => html`<div class="strip">
<figure><div class="query">${image(picture, name)}</div><figcaption>query</figcaption></figure>
${found.map((one) => html`<figure data-tip="${one.name}">${image(one.picture, one.name)}<figcaption>${formatPrecise(one.distance)}</figcaption></figure>`)}</div>`,
  );
  return html`<figure><h3>Nearest neighbors</h3><div class="columns neighbors">${rows}</div>
<figcaption>Each row begins with an image, followed by those with the nearest codes among ${formatCount(searched)}; below each is the
Euclidean distance between the codes.</figcaption></figure>`;
}

function renderDrawn(drawn: NonNullable<ReportLatent['drawn']>): Markup {
  const rows = drawn.map(
    ({
      masksOf,
      pictures,
    }) => html`<div class="row-label">${masksOf ? 'masks of the framed image' : drawn.length > 1 && 'fixed masks'}</div>
<div class="strip">${masksOf && html`<figure><div class="query">${image(masksOf.picture, masksOf.name)}</div></figure>`}${pictures.map(
      (picture, i) => html`<figure>${image(picture, `drawn image ${i + 1}`)}</figure>`,
    )}</div>`,
  );
  return html`<figure><h3>Images from random codes</h3><div class="compare">${rows}</div>
<figcaption>${
    drawn[0].likeCodes
      ? 'Codes drawn from a mixture of Gaussians fitted to the codes of training images.'
      : 'The network is variational: its codes were pulled toward a standard normal distribution, so codes from that distribution decode to images.'
  }</figcaption></figure>`;
}

const rowNames = { first: "first image's masks", second: "second image's masks", fixed: 'fixed masks' };

function renderInterpolations(interpolations: ReportLatent['interpolations']): Markup {
  const blocks = interpolations.map(
    ({ first, second, rows }) => html`<div class="compare">
${rows.map(
  ({
    masks,
    pictures,
  }) => html`<div class="row-label">${rows.length > 1 && rowNames[masks]}</div><div class="strip steps">
<figure><div class="query">${image(first.picture, first.name)}</div></figure>
${pictures.map((picture, i) => html`<figure>${image(picture, `step ${i + 1} of ${pictures.length}`)}</figure>`)}
<figure><div class="query">${image(second.picture, second.name)}</div></figure></div>`,
)}</div>`,
  );
  return html`<figure><h3>From one image to another</h3><div class="rows">${blocks}</div>
<figcaption>Between the two framed images: decoded codes on the straight line from the first one's code to the second one's, ends
included.${
    interpolations[0].rows.length > 1 &&
    ' The masks are the same along a row, whose label names them; whatever does not change comes from the masks.'
  }</figcaption></figure>`;
}
