/** Runs the built command as a user would, and makes small databases for it to work on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DatumInit, DatumWriter } from '@ae/lmdb-datum';
import sharp from 'sharp';

export const mainFile = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `ae`; `finished` resolves when it has ended. */
export function startAe(args: readonly string[], cwd: string): { child: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [mainFile, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  return { child, finished: collect(child) };
}

export function collect(child: ChildProcess): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs `ae` to its end in the folder `cwd`. */
export function ae(cwd: string, ...args: string[]): Promise<Finished> {
  return startAe(args, cwd).finished;
}

/** Runs `ae` and returns what it printed; throws what it complained of when it failed. */
export async function aeOk(cwd: string, ...args: string[]): Promise<string> {
  return outputOf(args, await ae(cwd, ...args));
}

/** Returns what `ae` printed; throws what it complained of when it failed. */
export function outputOf(args: readonly string[], { code, stdout, stderr }: Finished): string {
  if (code !== 0) throw new Error(`ae ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** A new folder that is gone after the tests; use with `afterAll(() => remove(folder))`. */
export function makeFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'ae-cli-'));
}

export function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Interleaved RGB pixels of a picture with a colored disc; `number` chooses colors and place. */
export function discPixels(number: number, size: number): Buffer {
  const pixels = Buffer.alloc(size * size * 3);
  const channel = (k: number) => 40 + ((number * 37 + k * 83) % 180);
  const center = size * (0.3 + ((number * 7) % 5) / 10);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const inside = Math.hypot(x - center, y - size / 2) < size / 4;
      for (let c = 0; c < 3; c++) pixels[(y * size + x) * 3 + c] = channel(inside ? c + 3 : c);
    }
  }
  return pixels;
}

/** Writes `count` PNG pictures of discs into a new folder. */
export async function makePictures(folder: string, count: number, size = 16): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let number = 0; number < count; number++) {
    const picture = sharp(discPixels(number, size), { raw: { width: size, height: size, channels: 3 } });
    await picture.png().toFile(path.join(folder, `disc-${String(number).padStart(3, '0')}.png`));
  }
}

/** Writes Datums under the keys 00000000_a, 00000001_a, ... */
export async function makeLmdb(file: string, datums: readonly DatumInit[]): Promise<void> {
  const writer = await DatumWriter.open(file);
  for (const [i, datum] of datums.entries()) await writer.put(`${String(i).padStart(8, '0')}_a`, datum);
  await writer.close();
}

/** A raw gray-in-color Datum of one size. */
export function plainDatum(height: number, width: number): DatumInit {
  return { channels: 3, height, width, data: new Uint8Array(3 * height * width).fill(100), label: 0 };
}

/** Parses output of JSON lines. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
