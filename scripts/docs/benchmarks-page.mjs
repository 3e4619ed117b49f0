/**
 * Writes docs/benchmarks.md from the results that benchmarks saved with `--out`:
 *
 *     npm run bench -- train --out $PWD/docs/benchmarks/train-node24.json
 *     node scripts/docs/benchmarks-page.mjs
 *
 * `--check` instead checks that the page is up to date; `npm run lint` runs it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const page = join(docs, 'benchmarks.md');

const table = (head, rows, { words = 1 } = {}) =>
  [head, head.map((_, i) => (i < words ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
const whole = (number) => Math.round(number).toLocaleString('en-US');
const spread = ({ median, range }) => `${whole(median)} (${range.map(whole).join(' to ')})`;
const times = (ratio) => `${ratio.toFixed(2)}x`;
const from = (numbers, format) => [Math.min(...numbers), Math.max(...numbers)].map(format).join(' to ');

/** Returns how many times as fast as the best peer a case of `train` is. */
function ratioOf({ ours, ...peers }) {
  return ours.median / Math.max(...Object.values(peers).map(({ median }) => median));
}

/** Returns what the tables call a side of `lmdb`. */
const sideName = (side) =>
  side.replace(/^ours, library$/, '@ae/lmdb-datum').replace(/^ours(, )?(.*)$/, (_, __, name) => name || '@ae');

function machineInWords({ cpu, cores, node, date, load }) {
  const busy = load ? `, load average ${load[0].toFixed(1)} at the start` : '';
  return `${date.slice(0, 10)}, ${cpu}, ${cores} cores${busy}, Node.js ${node.slice(1)}`;
}

/** The section of each benchmark: its text, and how its results are shown. */
const sections = {
  train: {
    title: 'Training steps compared with PyTorch',
    text: `Training throughput in images per second (or, for \`-forward\`, throughput of the forward pass): median and range. Higher is better.
\`transform-256-16\` is preset \`transform\` with a code of 256 numbers and a batch size of 16. Both sides start with the same weights, and their
first five losses must agree before anything is timed. The ratio is to the faster of two PyTorch settings: the default memory format and
channels-last.`,
    command: 'npm run bench -- train',
    summary(files) {
      const steps = files.flatMap(({ results }) =>
        Object.entries(results).filter(([name]) => !name.endsWith('-forward')),
      );
      return `A training step is ${from(
        steps.map(([, of]) => ratioOf(of)),
        times,
      )} as fast as PyTorch's.`;
    },
    show({ results, machine, options }) {
      const sides = Object.keys(Object.values(results)[0]);
      const peers = sides.filter((side) => side !== 'ours');
      const rows = Object.entries(results).map(([name, of]) => [
        name,
        ...sides.map((side) => spread(of[side])),
        `**${times(ratioOf(of))}**`,
      ]);
      const { version } = results[Object.keys(results)[0]][peers[0]] ?? {};
      const words = `${machineInWords(machine)}; ${version}; ${options.runs} alternating runs of ${options.seconds} s each.`;
      return `${words}\n\n${table(['case', '@ae', ...peers, 'ratio'], rows)}`;
    },
  },
  recipes: {
    title: 'Preset transform compared with PCA',
    text: `Mean PSNR in dB on held-out images, for codes of the same size; the first column is the number of values in a code. PCA is fitted on the
training images and their mirror images. *Start* is the network before any training, when it is the best linear code of blocks. The seed is fixed
and there was one run, so there is no spread.`,
    command: 'npm run bench -- recipes <folder>',
    summary(files) {
      const gains = files.flatMap(({ results }) =>
        results.flatMap(({ rows }) => rows.map(({ pca, trained }) => trained - pca)),
      );
      return `Preset \`transform\` is ${from(gains, (db) => db.toFixed(1))} dB above PCA with codes of the same size.`;
    },
    show: ({ results, machine, settings }) =>
      results
        .map(({ name, rows }) => {
          const head = [
            'numbers',
            'PCA',
            'start',
            `${settings.epochs} epochs`,
            'above PCA',
            'start (s)',
            'training (s)',
          ];
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
    title: 'Reading and importing compared with Python',
    text: `Records per second: median and range, excluding the program's startup. Processor time: microseconds per record, including startup.
Results are compared bit by bit before anything is timed. The three ratios compare with the best Python program by records per second, by records
per second including startup, and by processor time; above 1, @ae is faster. Where the load average exceeds the number of cores, other programs
were competing for them, and only the ratio of processor times means much.`,
    command: 'npm run bench -- lmdb --photos <folder>',
    summary(files) {
      const ratios = (start) =>
        files.flatMap(({ results }) =>
          results
            .filter(({ name }) => name.startsWith(start))
            .flatMap((of) => of.ratios?.map((one) => one.recordsPerSecondOfProcess) ?? []),
        );
      return `Turning JPEG records into batches is ${from(ratios('encoded'), times)} as fast as with py-lmdb and OpenCV; importing is
  ${from(ratios('import'), times)} as fast as with a script that uses OpenCV, depending on how busy the machine is.`;
    },
    show({ results, machine, versions, runs }) {
      const timed = results.filter(({ summary }) => summary);
      const rows = timed.flatMap(({ name, summary, ratios }) =>
        summary.map(({ side, recordsPerSecond, range, cpuMicrosPerRecord }, i) => {
          const ours = ratios.find((one) => one.side === side);
          const by = ours ? [ours.recordsPerSecond, ours.recordsPerSecondOfProcess, ours.processorTime] : [];
          return [
            ...[
              i === 0 ? name : '',
              sideName(side),
              spread({ median: recordsPerSecond, range }),
              whole(cpuMicrosPerRecord),
            ],
            by.map(times).join(' / '),
          ];
        }),
      );
      const words = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
      return `${machineInWords(machine)}; ${words.join(', ')}; ${runs} alternating runs.\n\n${table(['case', 'program', 'records/s', 'µs/record', 'ratios'], rows, { words: 2 })}`;
    },
  },
};

/** Returns the page that belongs to the saved results. */
export function benchmarksPage() {
  const files = readdirSync(join(docs, 'benchmarks'))
    .filter((name) => name.endsWith('.json'))
    .sort();
  const results = files.map((file) => JSON.parse(readFileSync(join(docs, 'benchmarks', file), 'utf8')));
  const shown = Object.entries(sections)
    .map(([name, section]) => ({ ...section, files: results.filter(({ benchmark }) => benchmark === name) }))
    .filter(({ files: of }) => of.length > 0);
  const parts = shown.flatMap(({ title, text, command, show, files: of }) => [
    `## ${title}`,
    text,
    `\`\`\`\n${command}\n\`\`\``,
    ...of.map(show),
  ]);
  return `# Benchmarks

<!-- Made by scripts/docs/benchmarks-page.mjs from docs/benchmarks; change those. -->

How fast training, reading and importing are compared with PyTorch, OpenCV and py-lmdb, and how good the codes are compared with PCA. In short, on
two cores:

${shown.map(({ summary, files: of }) => `- ${summary(of)}`).join('\n')}

The tables are generated from the files in [docs/benchmarks](benchmarks), which the commands below wrote with \`--out\`. The machines are shared
and their speed varies, so compare the ratios within a table rather than figures from different tables. For single kernels, see
[speed](../packages/layers/docs/speed.md); for training experiments, [recipes](../packages/autoencoder/docs/recipes.md).

${parts.join('\n\n')}
`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  if (!argv.includes('--check')) writeFileSync(page, benchmarksPage());
  else if (readFileSync(page, 'utf8') !== benchmarksPage()) {
    console.error('docs/benchmarks.md is out of date; run node scripts/docs/benchmarks-page.mjs.');
    process.exit(1);
  }
}
