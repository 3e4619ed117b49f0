/**
 * Writes docs/benchmarks.md from what benchmarks wrote by `--out`:
 *
 *     npm run bench -- train --out $PWD/docs/benchmarks/train-node24.json
 *     node scripts/docs/benchmarks-page.mjs
 *
 * `--check` says instead whether the page is what the files make; `npm run lint` does so.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const page = join(docs, 'benchmarks.md');

const table = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const spread = ({ median, range }) => `${Math.round(median)} (${range.map(Math.round).join(' to ')})`;

function machineInWords({ cpu, cores, node, date, load }) {
  const busy = load ? `, load ${load[0].toFixed(1)} before it` : '';
  return `${date.slice(0, 10)}, ${cpu}, ${cores} cores${busy}, Node.js ${node.slice(1)}`;
}

/** What each benchmark's page says and shows. */
const sections = {
  train: {
    title: 'Training steps beside PyTorch',
    text: `Images per second of a training step (or of a forward pass), median and range; \`transform-256-16\` is preset \`transform\` with a code of 256
numbers and batches of 16. Both sides begin with the same weights, and five losses must agree before anything is timed. The ratio is to the faster
form of PyTorch: as it comes, or with channels last.`,
    command: 'npm run bench -- train',
    show({ results, machine, options }) {
      const sides = Object.keys(Object.values(results)[0]);
      const peers = sides.filter((side) => side !== 'ours');
      const rows = Object.entries(results).map(([name, of]) => {
        const best = Math.max(...peers.map((peer) => of[peer].median));
        return [name, ...sides.map((side) => spread(of[side])), `**${(of.ours.median / best).toFixed(2)}x**`];
      });
      const { version } = results[Object.keys(results)[0]][peers[0]] ?? {};
      const words = `${machineInWords(machine)}; ${version}; ${options.runs} runs of ${options.seconds} s in turns.`;
      return `${words}\n\n${table(['case', 'here', ...peers, 'ratio'], rows)}`;
    },
  },
  recipes: {
    title: 'Preset transform beside PCA',
    text: `Mean PSNR, in dB, of images that neither has seen, for codes of as many numbers. PCA is fitted on the training images and their mirror
images. The start is the best linear code of blocks, before any training. One run: the seed is fixed, and there is no spread.`,
    command: 'npm run bench -- recipes <folder>',
    show: ({ results, machine, settings }) =>
      results
        .map(({ name, rows }) => {
          const head = ['numbers', 'PCA', 'start', `${settings.epochs} epochs`, 'above PCA', 'start, s', 'training, s'];
          const cells = rows.map(({ numbers, pca, start, trained, startSeconds, trainingSeconds }) => [
            numbers.toLocaleString('en-US'),
            ...[pca, start].map((db) => db.toFixed(2)),
            `**${trained.toFixed(2)}**`,
            (trained - pca).toFixed(2),
            startSeconds.toFixed(1),
            trainingSeconds.toFixed(0),
          ]);
          return `${machineInWords(machine)}; ${name}, ${settings.threads} threads, seed ${settings.seed}.\n\n${table(head, cells)}`;
        })
        .join('\n\n'),
  },
  lmdb: {
    title: 'Reading LMDBs and importing beside Python',
    text: `Records per second, median and range, without the start of the program; processor time with it, in microseconds per record. Results are
compared bit by bit first. Ratios are to the fastest way of the peer: of records per second, of the same with the start of the program, and to the
peer's least processor time. Where the load is above the number of cores, others wanted them too: then only that one says much.`,
    command: 'npm run bench -- lmdb --photos <folder>',
    show({ results, machine, versions, runs }) {
      const timed = results.filter(({ summary }) => summary);
      const rows = timed.flatMap(({ name, summary, ratios }) =>
        summary.map(({ side, recordsPerSecond, range, cpuMicrosPerRecord }) => {
          const ours = ratios.find((one) => one.side === side);
          const by = ours ? [ours.recordsPerSecond, ours.recordsPerSecondOfProcess, ours.processorTime] : [];
          return [
            ...[name, side, spread({ median: recordsPerSecond, range }), cpuMicrosPerRecord.toFixed(0)],
            by.map((ratio) => `${ratio.toFixed(2)}x`).join(' / '),
          ];
        }),
      );
      const words = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
      return `${machineInWords(machine)}; ${words.join(', ')}; ${runs} runs in turns.\n\n${table(['case', 'side', 'records per second', 'processor time', 'ratios'], rows)}`;
    },
  },
};

/** Returns the page that the files make. */
export function benchmarksPage() {
  const files = readdirSync(join(docs, 'benchmarks'))
    .filter((name) => name.endsWith('.json'))
    .sort();
  const results = files.map((file) => JSON.parse(readFileSync(join(docs, 'benchmarks', file), 'utf8')));
  const parts = Object.entries(sections).flatMap(([name, { title, text, command, show }]) => {
    const of = results.filter(({ benchmark }) => benchmark === name);
    return of.length > 0 ? [`## ${title}`, text, `\`${command}\``, ...of.map(show)] : [];
  });
  return `# Benchmarks

<!-- Made by scripts/docs/benchmarks-page.mjs from docs/benchmarks; change those. -->

Made from the files of [docs/benchmarks](benchmarks), which benchmarks wrote. The machines are shared, so compare ratios of runs next to each
other rather than figures of different tables. More, kernel by kernel: [speed](../packages/layers/docs/speed.md); what was tried in
training: [recipes](../packages/autoencoder/docs/recipes.md).

${parts.join('\n\n')}
`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  if (!argv.includes('--check')) writeFileSync(page, benchmarksPage());
  else if (readFileSync(page, 'utf8') !== benchmarksPage()) {
    console.error('docs/benchmarks.md is not what docs/benchmarks makes: run node scripts/docs/benchmarks-page.mjs.');
    process.exit(1);
  }
}
