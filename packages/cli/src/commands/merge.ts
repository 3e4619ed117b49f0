import { collectShards, type FoundShard } from '@ae/ground/shard-notes';
import type { MergeReport } from '@ae/lmdb-datum';
import type { Command } from 'commander';
import { describeLeftOut } from '../data/left-out';
import { codeShards, mergeCodes } from '../network/code-shards';
import { printResults } from '../network/print-scores';
import { mergeScores, scoreShards } from '../network/score-shards';
import { withoutInfinity } from '../network/scores';
import { addNotes } from '../shell/help-layout';
import { interruptible } from '../shell/interruption';
import { type CommonOptions, defineCommand } from '../shell/options';
import { assertNew } from '../shell/output-folder';
import { shardError } from '../shell/shard-folder';
import { formatBar, formatCount, formatDuration, formatNumberOf, leftOut, style, Terminal } from '../shell/terminal';
import { printCodes } from './encode';
import { printFiles } from './test';

export function mergeCommand(): Command {
  const command = defineCommand('merge', 'merge shards into one output, identical to that of a single process')
    .argument('<output>', 'the output named in the commands with --shard: an LMDB, codes or scores')
    .argument('[shards...]', 'folders of the shards (default: those beside the output, such as <output>.shard-0-of-7)')
    .action(runMerge);
  return addNotes(command, howItIsUsed);
}

const howItIsUsed = `
To share work among processes or machines:
  ae import photos train.lmdb --resize 64 --shard 0/2
  ae import photos train.lmdb --resize 64 --shard 1/2
  ae merge train.lmdb

In a Kubernetes Indexed Job (with AE_SHARDS set to its completions) or a Slurm
array job, --shard auto assigns each process its part. A command whose shard is
complete does nothing, and neither does merging again, so anything that failed
can simply be run again.`;

async function runMerge(output: string, given: readonly string[], options: CommonOptions): Promise<void> {
  const terminal = new Terminal(options);
  const folders = given.length > 0 ? given : undefined;
  const shards = await shardsOf(output, folders);
  const { kind } = shards[0].note;
  await interruptible(terminal, `interrupted; ${output} was not created.`, async (signal) => {
    if (kind === codeShards) {
      const { summary, wasComplete } = await mergeCodes(shards, output);
      printCodes(output, summary, terminal, wasComplete);
      printOmitted(summary.data, summary.leftOut.map(describeLeftOut), terminal);
      return;
    }
    if (kind === scoreShards) {
      const { evaluations, results, pictures, leftOut, wasComplete } = await mergeScores(shards, output);
      const before = wasComplete && { wasComplete };
      terminal.event({ ...withoutInfinity(results), pictures, folder: output, leftOut, ...before });
      printResults(terminal, evaluations, results);
      if (wasComplete) terminal.print(`${style('bold', output)} is already merged; nothing to do`);
      printFiles(terminal, output, pictures, false);
      printOmitted(results.data, leftOut.map(describeLeftOut), terminal);
      return;
    }
    const { mergeShards } = await import('@ae/lmdb-datum');
    const report = await mergeShards({
      ...{ output, shards: folders, signal },
      onProgress: ({ done, total }) =>
        terminal.status(`merging ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}`),
    });
    terminal.status('');
    printMerged(report, terminal);
  });
}

async function shardsOf(output: string, folders: readonly string[] | undefined): Promise<FoundShard[]> {
  try {
    return collectShards(output, folders, shardError);
  } catch (error) {
    // If the shards were deleted after merging, that is not the error to report.
    await assertNew(output);
    throw error;
  }
}

function printMerged(report: MergeReport, terminal: Terminal): void {
  const {
    output,
    outputs = [output],
    shards,
    records,
    size,
    skipped,
    damage,
    labelsFile,
    elapsedMs,
    wasComplete,
  } = report;
  terminal.event(report);
  const each = size ? ` of ${size}` : '';
  const count = `${formatNumberOf(records, 'image')}${each} from ${formatNumberOf(shards, 'shard')}`;
  const last = outputs.length > 1 ? ` to ${outputs.at(-1)} (${formatNumberOf(outputs.length, 'file')})` : '';
  const when = wasComplete ? ', already merged; nothing to do' : ` in ${formatDuration(elapsedMs)}`;
  terminal.print(`${style('bold', outputs[0])}${last}: ${count}${when}`);
  if (skipped.length > 0) {
    const what = formatNumberOf(skipped.length, 'image that cannot be read', 'images that cannot be read');
    terminal.print(`without ${what}; each shard named its own, and --json lists them all`);
  }
  printOmitted(
    output,
    damage.map(({ message }) => message),
    terminal,
  );
  if (labelsFile) terminal.print(`class names: ${labelsFile}`);
}

function printOmitted(place: string, reasons: readonly string[], terminal: Terminal): void {
  if (reasons.length > 0) terminal.print(`${place}: ${leftOut(reasons)}`);
}
