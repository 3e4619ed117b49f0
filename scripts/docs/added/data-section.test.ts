/** What docs/extending.md adds to the report of @ae/autoencoder. */
import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { renderReport } from '../src/entries/report';
import { reportedRun } from './reported-run';

it('the section of the page is in the report', async () => {
  const { folder, data } = await reportedRun();
  expect(renderReport(data)).toContain('<p>20 images of their images.</p>');
  await rm(folder, { recursive: true, force: true });
}, 60_000);
