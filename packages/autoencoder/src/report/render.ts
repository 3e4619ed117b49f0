import { checkReport } from './check-report';
import { renderPage } from './page';
import type { ReportData } from './report-data';
import { renderBaselines } from './sections/baselines';
import { renderDetails } from './sections/details';
import { renderLatent } from './sections/latent';
import { renderMasks } from './sections/masks';
import { renderLede, renderOverview } from './sections/overview';
import { renderReconstructions } from './sections/reconstructions';
import { renderScores } from './sections/scores';
import { renderTraining } from './sections/training';

/** Returns a report as one HTML file that loads nothing else; parts without data are left out. */
export function renderReport(data: ReportData): string {
  checkReport('renderReport', data);
  const sections = [
    renderOverview(data),
    renderReconstructions(data),
    renderTraining(data.run),
    renderMasks(data),
    renderBaselines(data),
    renderScores(data),
    renderLatent(data.latent),
    renderDetails(data),
  ].filter((section) => section !== undefined);
  return renderPage({
    title: data.title,
    kicker: 'Autoencoder report',
    lede: renderLede(data),
    sections,
    createdAt: data.createdAt,
  });
}
