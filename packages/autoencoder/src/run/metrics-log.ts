import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { withPath } from '../files/atomic-file';
import type { EpochSummary, StepProgress } from '../training/training-events';
import { openRunFile } from './run-file';

/** A line of metrics.jsonl. */
export type MetricsLine =
  | ({ readonly type: 'step' } & Pick<
      StepProgress,
      | 'step'
      | 'epoch'
      | 'loss'
      | 'divergence'
      | 'activeNumbers'
      | 'penalty'
      | 'learningRate'
      | 'imagesPerSecond'
      | 'elapsedMs'
    >)
  | ({ readonly type: 'epoch' } & EpochSummary);

/** The lengths of the files when a checkpoint was saved. */
export interface LogPosition {
  readonly jsonlBytes: number;
  readonly csvBytes: number;
}

const jsonlName = 'metrics.jsonl';
const csvName = 'metrics.csv';
/** The columns of metrics.csv. */
export const csvColumns = [
  ...['type', 'epoch', 'step', 'loss', 'learningRate', 'imagesPerSecond', 'elapsedMs'],
  ...['validationMse', 'validationPsnrDb', 'validationPooledPsnrDb'],
  ...['divergence', 'activeNumbers'],
] as const;
const csvHeader = `${csvColumns.join(',')}\n`;

/** The numbers of a run by step and epoch, as metrics.jsonl and metrics.csv. Lines are buffered until `flush`. */
export class MetricsLog {
  #waiting: MetricsLine[] = [];
  readonly #folder: string;
  #written: LogPosition;

  private constructor(folder: string, written: LogPosition) {
    this.#folder = folder;
    this.#written = written;
  }

  /** Starts the files again, or truncates them to their lengths at a checkpoint, so that no step appears twice. */
  static async open(folder: string, position?: LogPosition): Promise<MetricsLog> {
    if (!position) {
      await begin(path.join(folder, jsonlName), '');
      await begin(path.join(folder, csvName), csvHeader);
    }
    const written = position ?? { jsonlBytes: 0, csvBytes: Buffer.byteLength(csvHeader) };
    const log = new MetricsLog(folder, written);
    await log.#cutBack();
    return log;
  }

  /** The lengths of the files. */
  get position(): LogPosition {
    return this.#written;
  }

  add(line: MetricsLine): void {
    this.#waiting.push(line);
  }

  /** Writes the buffered lines. If that fails, the files are unchanged and the lines remain buffered. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const jsonl = this.#waiting.map((line) => `${JSON.stringify(line)}\n`).join('');
    const csv = this.#waiting.map(csvLine).join('');
    try {
      await append(path.join(this.#folder, jsonlName), jsonl);
      await append(path.join(this.#folder, csvName), csv);
    } catch (error) {
      await this.#cutBack().catch(() => undefined);
      throw error;
    }
    this.#written = {
      jsonlBytes: this.#written.jsonlBytes + Buffer.byteLength(jsonl),
      csvBytes: this.#written.csvBytes + Buffer.byteLength(csv),
    };
    this.#waiting = [];
  }

  async #cutBack(): Promise<void> {
    await cut(path.join(this.#folder, jsonlName), this.#written.jsonlBytes);
    await cut(path.join(this.#folder, csvName), this.#written.csvBytes);
  }
}

const { O_WRONLY, O_CREAT, O_APPEND } = constants;

async function withFile<T>(file: string, flags: number, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await openRunFile(file, O_WRONLY | O_CREAT | flags);
  try {
    return await work(handle);
  } catch (error) {
    throw withPath(error, file);
  } finally {
    await handle.close();
  }
}

async function begin(file: string, text: string): Promise<void> {
  await withFile(file, 0, async (handle) => {
    await handle.truncate();
    await handle.writeFile(text);
  });
}

async function append(file: string, text: string): Promise<void> {
  await withFile(file, O_APPEND, (handle) => handle.writeFile(text));
}

/** Truncates a file to a length; one that is shorter or missing, because somebody changed it, is left alone. */
async function cut(file: string, bytes: number): Promise<void> {
  await withFile(file, 0, async (handle) => {
    if ((await handle.stat()).size > bytes) await handle.truncate(bytes);
  });
}

function csvLine(line: MetricsLine): string {
  const validation = line.type === 'epoch' ? line.validation : undefined;
  const values: Partial<Record<(typeof csvColumns)[number], string | number>> = {
    ...line,
    validationMse: validation?.mse,
    validationPsnrDb: validation?.psnrDb,
    validationPooledPsnrDb: validation?.pooledPsnrDb,
  };
  return `${csvColumns.map((column) => values[column] ?? '').join(',')}\n`;
}
