/** Lets shells complete command lines, as if the user had pressed Tab. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hasShell, onPath } from '@ae/testing/programs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, remove } from './ae';
import { ae, aeOk } from './one-process';

const run = promisify(execFile);
const folder = makeFolder();
const scripts: Record<string, string> = {};

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    scripts[shell] = path.join(folder, `ae.${shell}`);
    writeFileSync(scripts[shell], await aeOk(folder, 'completion', shell));
  }
  mkdirSync(path.join(folder, 'my photos'));
  writeFileSync(path.join(folder, 'my list.txt'), '');
});
afterAll(() => remove(folder));

/** A command line with an unfinished last word, and all its completions. */
const lines: [typed: string[], offered: string[]][] = [
  [['tr'], ['train']],
  [['train', '--optim'], ['--optimizer']],
  [
    ['train', '--optimizer', 'ad'],
    ['adagrad', 'adam', 'adamw'],
  ],
  [['train', '--threads', ''], ['auto']],
  [['train', '--epochs', ''], []],
  [['train', '-e', ''], []],
  [['test', 'runs', '--checkpoint', 'b'], ['best']],
  [
    ['backend', ''],
    ['install', 'remove'],
  ],
  [['backend', 'install', 't'], ['tensorflow']],
  [['backend', 'install', '--g'], ['--gpu']],
  [['completion', 'f'], ['fish']],
  [
    ['help', 'imp'],
    ['import', 'import-model'],
  ],
  [
    ['train', 'my'],
    ['my list.txt', 'my photos'],
  ],
  [['train', '--resume', 'my p'], ['my photos']],
];

describe.skipIf(onPath(['bash']).length === 0)('bash', () => {
  test('completes commands, options, their values and files', async () => {
    const asked = lines.map(([typed]) => {
      const words = ['ae', ...typed].map((word) => `'${word}'`).join(' ');
      return `COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _ae; printf '%s\\n' "\${COMPREPLY[@]}" @@`;
    });
    const { stdout } = await run('bash', ['-c', `source '${scripts.bash}'; ${asked.join('; ')}`], { cwd: folder });
    const replies = stdout.split(/^@@\n/m).slice(0, -1);
    expect(replies.map((reply) => reply.split('\n').filter(Boolean).sort())).toEqual(
      lines.map(([, offered]) => offered),
    );
  });

  test('accepts = between an option and its value, which Bash passes as a separate word', async () => {
    const script = `source '${scripts.bash}'; COMP_WORDS=(ae train --backend = web); COMP_CWORD=4; _ae; echo "\${COMPREPLY[@]}"`;
    expect((await run('bash', ['-c', script])).stdout).toBe('webgpu\n');
  });
});

describe.skipIf(!hasShell('fish', 'completion in fish'))('fish', () => {
  test('completes commands, options, their values and files', async () => {
    const asked = lines.map(([typed]) => {
      const words = ['ae', ...typed].map((word) => word.replace(' ', '\\\\ ')).join(' ');
      return `complete -C "${words}"; echo @@`;
    });
    const { stdout } = await run('fish', ['-N', '-c', `source '${scripts.fish}'; ${asked.join('; ')}`], {
      cwd: folder,
    });
    const replies = stdout.split(/^@@\n/m).slice(0, -1);
    const offered = replies.map((reply) =>
      reply
        .split('\n')
        .filter(Boolean)
        .map((line) => unescaped(line.split('\t')[0])),
    );
    expect(offered.map((words) => words.sort())).toEqual(lines.map(([, words]) => words));
  });
});

/** fish 3 escapes file names and marks folders. */
function unescaped(word: string): string {
  return word.replaceAll('\\', '').replace(/\/$/, '');
}

describe.skipIf(!hasShell('zsh', 'completion in Zsh'))('zsh', () => {
  const program = fileURLToPath(new URL('press-tab.zsh', import.meta.url));

  test.each([
    ['ae tr', 'ae train '],
    ['ae train --backend tensorflow-', 'ae train --backend tensorflow-gpu '],
    ['ae backend install ten', 'ae backend install tensorflow '],
    ['ae train my\\ p', 'ae train my\\ photos/'],
  ])('makes of %j %j', async (typed, completed) => {
    const { stdout } = await run('zsh', ['-f', program, scripts.zsh, typed], { cwd: folder });
    expect(stdout).toBe(`${completed}\n`);
  });
});

test('an unknown shell is an error that lists the known ones', async () => {
  const { code, stderr } = await ae(folder, 'completion', 'tcsh');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'ae completion: <shell>: expected bash, zsh, fish or powershell, received "tcsh".\n',
  });
});
