/** A child that dies or hangs on one case costs that case and no other. */
import { expect, it } from 'vitest';
import { runCases } from '../src/cases.mjs';

const script = `
for (let i = Number(process.argv[1]); i < 5; i++) {
  if (i === 1) { console.error('out of memory'); process.exit(7); }
  if (i === 3) { setInterval(() => {}, 1000); break; }
  console.log(JSON.stringify({ i, outcome: 'read' }));
}`;

it('reports every case, those that ended the process too', async () => {
  const results: { i: number; outcome: string; bug?: string }[] = [];
  await runCases((first) => ['-e', script, String(first)], {
    ...{ first: 0, last: 5, hangMs: 5000 },
    report: (result) => results.push(result),
  });
  expect(results).toEqual([
    { i: 0, outcome: 'read' },
    { i: 1, outcome: 'death', bug: '7: out of memory\n' },
    { i: 2, outcome: 'read' },
    { i: 3, outcome: 'hang', bug: 'SIGKILL: ' },
    { i: 4, outcome: 'read' },
  ]);
});
