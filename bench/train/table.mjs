/** Makes the table of the documentation from what run.mjs wrote: `node bench/train/table.mjs FILE...`. */
import fs from 'node:fs';

const reports = process.argv.slice(2).map((file) => JSON.parse(fs.readFileSync(file, 'utf8')));
const results = Object.assign({}, ...reports.map(({ results }) => results));
const round = (value) => value.toFixed(value < 100 ? 1 : 0);
const speed = ({ median, range }) => `${round(median)} (${range.map(round).join(' - ')})`;

console.log('| case | @ae/layers | PyTorch as it comes | PyTorch channels last | memory, MiB |');
console.log('| --- | ---: | ---: | ---: | ---: |');
for (const [name, sides] of Object.entries(results)) {
  const { ours } = sides;
  const peers = ['PyTorch', 'PyTorch channels last'].map((side) => {
    const peer = sides[side];
    return peer ? `${speed(peer)}, **${(ours.median / peer.median).toFixed(2)}x**` : '';
  });
  const memory = [ours, sides.PyTorch].filter(Boolean).map(({ maxRssMiB }) => maxRssMiB.toFixed(0));
  console.log(`| ${[name, speed(ours), ...peers, memory.join(' / ')].join(' | ')} |`);
}
const first = Object.values(results).map(({ ours }) => ours.firstStepMs);
console.log(
  `\nThe first step ends ${Math.min(...first).toFixed(0)} to ${Math.max(...first).toFixed(0)} ms after the process has started.`,
);
for (const batch of ['mirror-32', 'mirror-128', 'strided-8']) {
  const [two, one] = [results[batch], results[`${batch}-one-thread`]];
  if (two && one)
    console.log(
      `${batch}: ${(two.ours.median / one.ours.median).toFixed(2)} times as fast on all cores as on one thread.`,
    );
}
