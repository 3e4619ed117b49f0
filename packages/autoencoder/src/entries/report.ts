/** HTML pages that show what a network does, one file each. */
export { type CollectReportOptions, collectReport } from '../report/collect';
export { type LiveRun, readSampleGrid, renderLivePage, renderLiveRun } from '../report/live';
export type { Picture, SpriteSheet } from '../report/pictures';
export { renderReport } from '../report/render';
export { renderComparison } from '../report/render-comparison';
export type {
  MaskScores,
  ReportClass,
  ReportComparison,
  ReportComparisonRow,
  ReportData,
  ReportEpoch,
  ReportExample,
  ReportLatent,
  ReportModel,
  ReportRun,
  ReportSource,
} from '../report/report-data';
