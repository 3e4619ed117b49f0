import { invalidOption } from '../errors/errors';
import type { ReportData } from './report-data';

/** Throws INVALID_OPTION unless `data` is what `collectReport` returns. */
export function checkReport(where: string, data: unknown): asserts data is ReportData {
  const { model, examples, scores } = (data ?? {}) as Partial<Record<keyof ReportData, unknown>>;
  if ([model, examples, scores].every((part) => typeof part === 'object' && part !== null)) return;
  throw invalidOption(where, 'what collectReport returns', data);
}
