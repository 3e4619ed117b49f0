/** Every flipped bit of a checkpoint's header; hostile-checkpoint.test.ts flips some. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'vitest';
import { useBackend } from '../src/entries/index';
import { expectBitsNoticed } from './damaged-checkpoint';

it('notices each single bit of a header, whether or not the checksum is known', async () => {
  await useBackend('cpu');
  const folder = await mkdtemp(path.join(tmpdir(), 'ae-hostile-'));
  await expectBitsNoticed(path.join(folder, 'checkpoint'), 1);
  await rm(folder, { recursive: true });
});
