import { expect, test } from 'vitest';
import { shardOfEnvironment } from './shard-environment';

const array = (id: string, count: string, least: string, most?: string) => ({
  ...{ SLURM_ARRAY_TASK_ID: id, SLURM_ARRAY_TASK_COUNT: count, SLURM_ARRAY_TASK_MIN: least },
  ...(most !== undefined && { SLURM_ARRAY_TASK_MAX: most }),
});

test.each([
  ['an Indexed Job', { JOB_COMPLETION_INDEX: '6', AE_SHARDS: '7' }, 6, 7],
  ['an array from 0', array('3', '7', '0', '6'), 3, 7],
  ['an array from 1', array('7', '7', '1', '7'), 6, 7],
  ['an array of one task', array('5', '1', '5', '5'), 0, 1],
  ['an array whose last task is not said', array('2', '3', '0'), 2, 3],
])('%s says which shard is whose', (_, environment, index, count) => {
  expect(shardOfEnvironment(environment)).toEqual({ index, count });
});

test.each<[string, Record<string, string>, string]>([
  [
    'nothing',
    {},
    'neither JOB_COMPLETION_INDEX (a Kubernetes Indexed Job) nor SLURM_ARRAY_TASK_ID (a Slurm array job) is set; name the part: --shard 0/7.',
  ],
  [
    'both',
    { JOB_COMPLETION_INDEX: '0', AE_SHARDS: '2', ...array('0', '2', '0', '1') },
    'JOB_COMPLETION_INDEX (Kubernetes) and SLURM_ARRAY_TASK_ID (Slurm) are both set; name the part: --shard 0/7.',
  ],
  [
    'no number of completions',
    { JOB_COMPLETION_INDEX: '0' },
    "AE_SHARDS is not set; set it to the job's completions, which Kubernetes does not set by itself.",
  ],
  [
    'fewer completions than indexes',
    { JOB_COMPLETION_INDEX: '7', AE_SHARDS: '7' },
    "JOB_COMPLETION_INDEX is 7, but AE_SHARDS is 7; set AE_SHARDS to the job's completions (indexes go from 0 to one less).",
  ],
  [
    'text for a number',
    { JOB_COMPLETION_INDEX: 'first', AE_SHARDS: '7' },
    'JOB_COMPLETION_INDEX: expected a whole number of at least 0, received "first"; name the part: --shard 0/7.',
  ],
  [
    'a task without its array',
    { SLURM_ARRAY_TASK_ID: '3' },
    'SLURM_ARRAY_TASK_COUNT is not set, although SLURM_ARRAY_TASK_ID is; name the part: --shard 0/7.',
  ],
  [
    'an array with gaps',
    array('3', '3', '0', '7'),
    'the array has 3 tasks from 0 to 7, and this is task 3; submit one without gaps (--array=0-2), or name the part: --shard 0/7.',
  ],
  [
    'an array with steps',
    array('4', '3', '0', '8'),
    'the array has 3 tasks from 0 to 8, and this is task 4; submit one without gaps (--array=0-2), or name the part: --shard 0/7.',
  ],
  [
    'a task outside of its array',
    array('9', '3', '0'),
    'the array has 3 tasks from 0 to 2, and this is task 9; submit one without gaps (--array=0-2), or name the part: --shard 0/7.',
  ],
])('%s is refused', (_, environment, message) => {
  expect(() => shardOfEnvironment(environment)).toThrow(`--shard auto: ${message}`);
});
