/** `ae show` in a terminal that Python emulates. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { findPython } from '@ae/testing/python';
import sharp from 'sharp';
import { decode } from 'sixel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ae, aeOk, mainFile, makeFolder, remove } from './ae';

const python = process.platform === 'win32' ? undefined : findPython([], 'pictures in the terminal');
const folder = makeFolder();
const picture = path.join(folder, 'red.png');

beforeAll(() => sharp({ create: { width: 12, height: 7, channels: 3, background: '#ff0000' } }).toFile(picture));
afterAll(() => remove(folder));

/** Runs a program in a terminal that answers a query for its attributes. */
const terminal = `
import os, pty, sys
answer, command = sys.argv[1].encode(), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM='xterm-256color')
    for name in ('TERM_PROGRAM', 'LC_TERMINAL', 'KITTY_WINDOW_ID', 'TMUX', 'STY'): os.environ.pop(name, None)
    os.execv(command[0], command)
written = b''
while True:
    try: data = os.read(terminal, 65536)
    except OSError: break
    if not data: break
    written += data
    if data.endswith(b'\\x1b[c') and answer: os.write(terminal, answer)
sys.stdout.buffer.write(written)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

function inTerminal(answer: string, ...args: string[]): string {
  const command = [process.execPath, mainFile, ...args];
  const { status, stdout } = spawnSync(python as string, ['-c', terminal, answer, ...command], { encoding: 'latin1' });
  expect(status).toBe(0);
  return stdout;
}

test.skipIf(!python)('draws sixels if the terminal supports them, and otherwise says that it does not', () => {
  const shown = inTerminal('\x1b[?62;4;22c', 'show', picture);
  const { data32 } = decode(shown.slice(shown.indexOf('q', shown.indexOf('\x1bP')) + 1));
  expect(shown).toContain('"1;1;12;7');
  expect(data32[0] & 0xffffff).toBe(0x0000ff);
  expect(inTerminal('\x1b[?62;22c', 'show', picture)).toContain('this terminal cannot show pictures');
  expect(inTerminal('', 'show', picture)).toContain('this terminal cannot show pictures');
});

test('says what it cannot show', async () => {
  expect(await aeOk(folder, 'show', picture)).toBe('');
  for (const [file, message] of [
    ['none.png', /none.png does not exist; check the path/],
    ['.', /is a folder; browse its images with ae watch \./],
  ] as const) {
    const { code, stderr } = await ae(folder, 'show', file);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  }
});
