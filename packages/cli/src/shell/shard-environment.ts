/** Determines which shard a process is from the variables of Kubernetes Indexed Jobs and Slurm array jobs. */
import { isShard, type Shard } from '@ae/ground/shards';
import { CliError } from './cli-error';

type Environment = Readonly<Record<string, string | undefined>>;

/** An Indexed Job does not say how many indexes it has: the job's manifest must pass that in. */
const countVariable = 'AE_SHARDS';

/** Returns the shard that the variables describe. @throws CliError if they are missing or describe none */
export function shardOfEnvironment(environment: Environment): Shard {
  const isIndexed = environment.JOB_COMPLETION_INDEX !== undefined;
  const isArray = environment.SLURM_ARRAY_TASK_ID !== undefined;
  if (isIndexed && isArray) {
    throw refused(
      'JOB_COMPLETION_INDEX (Kubernetes) and SLURM_ARRAY_TASK_ID (Slurm) are both set; name the part: --shard 0/7',
    );
  }
  if (isIndexed) return indexedShard(environment);
  if (isArray) return arrayShard(environment);
  throw refused(
    'neither JOB_COMPLETION_INDEX (a Kubernetes Indexed Job) nor SLURM_ARRAY_TASK_ID (a Slurm array job) is set; name the part: --shard 0/7',
  );
}

function indexedShard(environment: Environment): Shard {
  if (environment[countVariable] === undefined) {
    throw refused(
      `${countVariable} is not set; set it to the job's completions, which Kubernetes does not set by itself`,
    );
  }
  const shard = { index: numberIn(environment, 'JOB_COMPLETION_INDEX'), count: numberIn(environment, countVariable) };
  if (isShard(shard)) return shard;
  throw refused(
    `JOB_COMPLETION_INDEX is ${shard.index}, but ${countVariable} is ${shard.count}; set ${countVariable} to the job's completions (indexes go from 0 to one less)`,
  );
}

function arrayShard(environment: Environment): Shard {
  for (const name of ['SLURM_ARRAY_TASK_COUNT', 'SLURM_ARRAY_TASK_MIN']) {
    if (environment[name] === undefined)
      throw refused(`${name} is not set, although SLURM_ARRAY_TASK_ID is; name the part: --shard 0/7`);
  }
  const [id, count, least] = ['ID', 'COUNT', 'MIN'].map((name) => numberIn(environment, `SLURM_ARRAY_TASK_${name}`));
  const most =
    environment.SLURM_ARRAY_TASK_MAX === undefined ? least + count - 1 : numberIn(environment, 'SLURM_ARRAY_TASK_MAX');
  const shard = { index: id - least, count };
  if (isShard(shard) && most - least + 1 === count) return shard;
  throw refused(
    `the array has ${count} tasks from ${least} to ${most}, and this is task ${id}; submit one without gaps (--array=0-${Math.max(1, count) - 1}), or name the part: --shard 0/7`,
  );
}

function numberIn(environment: Environment, name: string): number {
  const text = environment[name] ?? '';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw refused(`${name}: expected a whole number of at least 0, received "${text}"; name the part: --shard 0/7`);
}

function refused(what: string): CliError {
  return new CliError('INVALID_OPTION', `--shard auto: ${what}.`);
}
