import { formatCount } from '../format';
import { html, type Markup } from '../html';
import type { PageSection } from '../page';
import type { ReportData, ReportModel, ReportRun } from '../report-data';

/** Everything needed to repeat the run. */
export function renderDetails({ run, model, evaluated }: ReportData): PageSection {
  return {
    id: 'repeat',
    name: 'Repeat it',
    heading: 'Repeat it',
    content: html`${run?.command && html`<pre>${run.command}</pre>`}
<dl class="facts">
${run && runFacts(run)}
${fact('Scored', `${describeData(evaluated.name, evaluated.count, evaluated.fingerprint)}${evaluated.count < evaluated.sourceCount ? `, evenly spaced among ${formatCount(evaluated.sourceCount)}` : ''}`)}
${fact('Parameters', formatCount(model.parameters))}
</dl>
${run && html`<details><summary>All options</summary><pre>${JSON.stringify(run.options, null, 2)}</pre></details>`}
${layerTable(model)}`,
  };
}

function runFacts(run: ReportRun): Markup[] {
  const { train, validation, backend, versions, seed, preset } = run;
  return [
    fact('Run', run.name),
    preset && fact('Network', preset),
    fact('Trained on', describeData(train.name, train.count, train.fingerprint)),
    validation && fact('Validated on', describeData(validation.name, validation.count, validation.fingerprint)),
    fact('Seed', String(seed)),
    fact('Engine', `${backend.name}${backend.threads ? `, ${backend.threads} threads` : ''}`),
    fact(
      'Versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ),
  ].filter((one) => one !== undefined && one !== '') as Markup[];
}

function describeData(name: string | undefined, count: number, fingerprint: string): string {
  return `${name ? `${name}, ` : ''}${formatCount(count)} images, fingerprint ${fingerprint.slice(0, 12)}`;
}

function fact(name: string, value: string): Markup {
  return html`<dt>${name}</dt><dd>${value}</dd>`;
}

function layerTable({ layers }: ReportModel): Markup {
  return html`<details><summary>Layers</summary><div class="scroll"><table><thead><tr><th>layer</th><th>output</th><th>parameters</th></tr></thead>
<tbody>${layers.map(
    ({ name, outputShape, parameters }) =>
      html`<tr><th scope="row">${name}</th><td>${outputShape}</td><td>${formatCount(parameters)}</td></tr>`,
  )}</tbody></table></div></details>`;
}
