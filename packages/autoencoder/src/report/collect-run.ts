import { AutoencoderError } from '../errors/errors';
import { readRunFile } from '../run/run-file';
import { pickSpread } from './pick';
import { type Picture, pngToPicture } from './pictures';
import { type Run, readRun } from './read-run';
import type { ReportEpoch, ReportRun } from './report-data';

/** Maximum number of points of a loss curve; charts are not wider. */
const maxPoints = 400;
/** Maximum number of sample grids: each takes about 100 kB of the page. */
const maxSampleGrids = 24;

/** Maximum size of a sample grid: the page contains them all. */
const maxPictureBytes = 64 * 2 ** 20;

/**
 * Reads what a report shows of a run's folder; pictures are embedded unless `pictureOf` provides others, such as addresses of the files.
 */
export async function collectRun(
  folder: string,
  pictureOf: (sample: Run['samples'][number]) => Promise<Picture> = ({ file }) => readPicture(file).then(pngToPicture),
): Promise<ReportRun> {
  const run = await readRun(folder);
  const { preset, command, seed, options, versions, backend, data } = run.config;
  return {
    name: run.name,
    ...{ preset, command, seed, options: { ...options }, versions, backend },
    train: data.train,
    validation: data.validation,
    steps: averageSteps(run.steps),
    epochs: run.epochs.map(toEpoch),
    samples: await Promise.all(
      pickSpread(run.samples, maxSampleGrids).map(async (sample) => {
        return { epoch: sample.epoch, picture: await pictureOf(sample) };
      }),
    ),
  };
}

/** Reads a sample grid; throws RUN_INVALID if it is not a picture. */
export async function readPicture(file: string): Promise<Buffer> {
  const bytes = await readRunFile(file, maxPictureBytes);
  if (!bytes) throw new AutoencoderError('RUN_INVALID', `${file} is gone.`);
  // Its size is at a position that only a PNG file has.
  if (bytes.length < 24 || bytes.toString('latin1', 1, 4) !== 'PNG') {
    throw new AutoencoderError('RUN_INVALID', `${file} is damaged: it is not a PNG picture; remove it.`);
  }
  return bytes;
}

function toEpoch({ validation, ...line }: Run['epochs'][number]): ReportEpoch {
  const { epoch, step, loss, elapsedMs, imagesPerSecond, divergence, activeNumbers } = line;
  // metrics.jsonl has null for numbers that JSON cannot represent: a perfect validation, in runs that did not cap it.
  const validationPsnrDb = validation && (validation.psnrDb ?? Number.POSITIVE_INFINITY);
  const told = divergence !== undefined && { divergence, activeNumbers };
  return { epoch, step, loss, elapsedMs, imagesPerSecond, validationPsnrDb, ...told };
}

/** Averages neighboring updates if there are more than a chart can show. */
function averageSteps(steps: Run['steps']): ReportRun['steps'] {
  const size = Math.ceil(steps.length / maxPoints);
  return Array.from({ length: Math.ceil(steps.length / (size || 1)) }, (_, i) => {
    const bucket = steps.slice(i * size, (i + 1) * size);
    const loss = bucket.reduce((sum, step) => sum + step.loss, 0) / bucket.length;
    return { step: bucket[bucket.length - 1].step, loss };
  });
}
