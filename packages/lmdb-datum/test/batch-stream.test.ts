/** Streams of batches used by programs that don't wait: several calls at once, and ends in the middle. Tests the built package. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeDatabase } from './scratch';

const built = (await import('../dist/index.js' as string)) as typeof import('../src/entries/index');
const RECORDS = 96;
const options = { batchSize: 8, dtype: 'uint8' } as const;

const database = () =>
  writeDatabase(
    Array.from({ length: RECORDS }, (_, i) => ({ channels: 1, height: 2, width: 2, data: new Uint8Array(4).fill(i) })),
  );

/** Number of threads of this process, if the system reports it. */
const threads = () => (fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0);

async function untilThreads(count: number): Promise<number> {
  for (let i = 0; i < 200 && threads() > count; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  return threads();
}

/** The first stream starts threads that keep running. */
async function warmUp(): Promise<number> {
  const reader = built.openDatumLmdb(await database());
  await reader.batches({ ...options, workers: 1 }).next();
  reader.close();
  await new Promise((resolve) => setTimeout(resolve, 200));
  return threads();
}

describe.each([0, 2])('with %i workers', (workers) => {
  it.each([5, 12, 13, 20])('%i simultaneous calls of next() get the batches in order, then the end', async (calls) => {
    using reader = built.openDatumLmdb(await database());
    const stream = reader.batches({ ...options, workers });
    const answers = await Promise.all(Array.from({ length: calls }, () => stream.next()));
    const indices = answers.flatMap(({ value }) => (value ? [...value.indices] : []));
    expect(indices).toEqual(Array.from({ length: Math.min(RECORDS, 8 * calls) }, (_, i) => i));
    expect(answers.map(({ done }) => done)).toEqual(answers.map((_, i) => i >= RECORDS / 8));
    answers.forEach(({ value }) => {
      if (value) expect([...value.data.subarray(0, 5)]).toEqual([...Array(4).fill(value.indices[0]), value.indices[1]]);
    });
    expect(stream.position.record + stream.position.epoch * RECORDS).toBe(indices.length);
    await stream.return();
  });

  it('return() and throw() end it at once: waiting calls are done, and no thread is left', async () => {
    const before = await warmUp();
    using reader = built.openDatumLmdb(await database());
    const stream = reader.batches({ ...options, workers });
    const waiting = [stream.next(), stream.next(), stream.next()];
    expect(await stream.return()).toEqual({ done: true, value: undefined });
    for (const answer of await Promise.all(waiting)) expect(answer.done).toBe(true);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    const other = reader.batches({ ...options, workers });
    await other.next();
    await expect(other.throw(new Error('enough'))).rejects.toThrow('enough');
    expect((await other.next()).done).toBe(true);
    expect(await untilThreads(before)).toBeLessThanOrEqual(before);
  });

  it('closing the reader ends it with an error, never as if the epoch were complete', async () => {
    const before = await warmUp();
    const reader = built.openDatumLmdb(await database());
    const stream = reader.batches({ ...options, workers });
    const finished = reader.batches({ ...options, batchSize: RECORDS, workers });
    for await (const { size } of finished) expect(size).toBe(RECORDS);
    await stream.next();
    const waiting = [stream.next(), stream.next()];
    reader.close();
    for (const outcome of await Promise.allSettled(waiting)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } });
    }
    await expect(stream.next()).rejects.toThrow(/the reader was closed while batches were being read/);
    await expect(stream.next()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await finished.next()).toEqual({ done: true, value: undefined });
    expect(await untilThreads(before)).toBeLessThanOrEqual(before);
  });

  it('an error rejects all calls that were made before it, and later ones find the end', async () => {
    const pixel = { channels: 1, height: 1, width: 1, data: Uint8Array.of(1) };
    const folder = await writeDatabase([pixel, pixel, { ...pixel, width: 2, data: Uint8Array.of(1, 2) }, pixel]);
    using reader = built.openDatumLmdb(folder);
    const stream = reader.batches({ batchSize: 2, workers });
    const outcomes = await Promise.allSettled([stream.next(), stream.next(), stream.next()]);
    expect(outcomes[0]!.status).toBe('fulfilled');
    for (const outcome of outcomes.slice(1)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'MIXED_SIZES', key: '00000002_x' } });
    }
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('a signal ends it with its reason', async () => {
    using reader = built.openDatumLmdb(await database());
    const controller = new AbortController();
    const stream = reader.batches({ ...options, workers, signal: controller.signal });
    await stream.next();
    const waiting = stream.next();
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});
