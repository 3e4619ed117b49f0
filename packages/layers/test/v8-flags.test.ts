/** V8's flags: set only on the versions that CI runs, and always restored. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import { isRequired } from '@ae/testing/requirements';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { V8Flags } from '../src/backends/wasm/runtime/v8-flags';

/** The smallest possible module: only a header. */
const empty = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]);

/** The versions of V8 in the Node.js that scripts/test-node.mjs runs. */
const tested = {
  20: '11.3.244.8-node.38',
  22: '12.4.254.21-node.57',
  24: '13.6.233.17-node.53',
  26: '14.6.202.34-node.34',
};

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'ae-v8-'));
afterAll(() => rmSync(folder, { recursive: true }));
let processes = 0;

const { versions, execArgv } = process;

/** Makes this process look like another one, and records the flags that V8 would be given. */
function pretend({ v8: version, args = [], ...others }: { v8: string; args?: string[]; bun?: string; deno?: string }) {
  Object.defineProperty(process, 'versions', { value: { ...versions, ...others, v8: version }, configurable: true });
  Object.defineProperty(process, 'execArgv', { value: args, configurable: true, writable: true });
  const told: string[] = [];
  vi.spyOn(v8, 'setFlagsFromString').mockImplementation((flag) => void told.push(flag));
  return told;
}

afterEach(() => {
  vi.restoreAllMocks();
  Object.defineProperty(process, 'versions', { value: versions, configurable: true });
  Object.defineProperty(process, 'execArgv', { value: execArgv, configurable: true, writable: true });
});

/** The opposite flag. */
const opposite = (flag: string) => (flag.startsWith('--no-') ? `--${flag.slice(5)}` : `--no-${flag.slice(2)}`);

/** Expects each flag to have been restored, in reverse order. */
function expectPutBack(told: string[]): void {
  const open: string[] = [];
  for (const flag of told) {
    if (open.at(-1) === opposite(flag)) open.pop();
    else open.push(flag);
  }
  expect(open).toEqual([]);
}

describe.each(Object.entries(tested))('the V8 of Node.js %s', (_node, version) => {
  test('is told to optimize while it compiles, and told its own defaults afterwards', async () => {
    const told = pretend({ v8: version });
    const flags = await V8Flags.find();
    told.splice(0);
    await flags.compile(empty);
    expect(told).toContain('--no-liftoff');
    expectPutBack(told);
  });

  test('is told its defaults if the module is invalid', async () => {
    const told = pretend({ v8: version });
    const flags = await V8Flags.find();
    const broken = Uint8Array.from([0, 97, 115, 109, 9]);
    await expect(flags.compile(broken)).rejects.toThrow(WebAssembly.CompileError);
    expect(await flags.compileRevectorized(broken).catch(() => undefined)).toBe(undefined);
    expect(flags.validate(broken)).toBe(false);
    expect(told.length).toBeGreaterThan(0);
    expectPutBack(told);
  });

  test('compiles without flags if they cannot be set', async () => {
    pretend({ v8: version });
    for (let bad = 0; bad < 12; bad++) {
      const told: string[] = [];
      let call = 0;
      vi.mocked(v8.setFlagsFromString).mockImplementation((flag) => {
        told.push(flag);
        if (call++ === bad) throw new Error('not here');
      });
      const flags = await V8Flags.find();
      expect(await flags.compile(empty)).toBeInstanceOf(WebAssembly.Module);
      expectPutBack(told);
    }
  });
});

test('Node.js 26 never inlines without Liftoff, on whose feedback inlining is based', async () => {
  const told = pretend({ v8: tested[26] });
  const flags = await V8Flags.find();
  await flags.compile(empty);
  await flags.compileRevectorized(empty);
  let [liftoff, inlining] = [true, true];
  for (const flag of told) {
    if (flag.endsWith('-liftoff') || flag === '--liftoff') liftoff = flag === '--liftoff';
    if (flag.endsWith('wasm-inlining')) inlining = flag === '--wasm-inlining';
    expect(liftoff || !inlining, `after ${flag}`).toBe(true);
  }
});

test.each([
  ['a future V8', { v8: '15.0.1.2-node.3' }],
  ['an old V8', { v8: '10.2.154.26-node.36' }],
  ['a V8 with three digits', { v8: '114.1.2.3-node.1' }],
  ['Electron', { v8: '13.6.233.17-electron.0' }],
  ['Deno', { v8: '13.6.233.17-rusty' }],
  ['Bun, which calls its V8 one of Node.js', { v8: '12.4.254.14-node.12', bun: '1.3.0' }],
  ['an invalid version', { v8: 'x' }],
])('%s gets no flags, and compiles', async (_name, versions) => {
  const told = pretend(versions);
  const flags = await V8Flags.find();
  expect(flags.validate(empty)).toBe(true);
  expect(await flags.compile(empty)).toBeInstanceOf(WebAssembly.Module);
  expect(await flags.compileRevectorized(empty)).toBe(undefined);
  expect(told).toEqual([]);
  expect(flags.reason).toBe(`V8 ${versions.v8} is not one whose flags have been tested`);
});

test.each(['--no-liftoff', '--no_wasm_lazy_compilation', '--liftoff-only', '--wasm-tier-up=false', '--noliftoff'])(
  'what the user set with %s does not change',
  async (arg) => {
    const told = pretend({ v8: tested[24], args: ['--expose-gc', arg] });
    expect((await V8Flags.find()).reason).toContain(`was started with ${arg}`);
    expect(told).toEqual([]);
  },
);

test('other arguments of Node.js make no difference', async () => {
  const args = ['--max-old-space-size=100', '--import', './wasm.mjs', '--experimental-wasm-modules', '-e', '"wasm"'];
  pretend({ v8: tested[24], args });
  expect((await V8Flags.find()).reason).toBe(undefined);
});

test('NODE_OPTIONS allows no flag that affects how WebAssembly is compiled', async () => {
  for (const arg of process.allowedNodeEnvironmentFlags) {
    if (/trap-handler/.test(arg)) continue; // it changes how memory is checked, in any code
    pretend({ v8: tested[24], args: [arg] });
    expect((await V8Flags.find()).reason).toBe(undefined);
  }
});

test('a caller can forbid flags', async () => {
  const told = pretend({ v8: tested[24] });
  const flags = await V8Flags.find(false);
  await flags.compile(empty);
  expect([told, flags.reason]).toEqual([[], "V8's flags are switched off"]);
});

/** Runs a script with plain Node.js, where `@ae/layers` is the built package; returns what it prints. */
async function inProcess(script: string, args: readonly string[] = []): Promise<string> {
  const all = [...args, '--input-type=module', '--eval', script];
  const file = path.join(folder, `${processes++}.txt`);
  const output = await open(file, 'w'); // a file: V8 itself prints what a pipe would cut
  const child = spawn(process.execPath, all, { cwd: root, timeout: 60_000, stdio: ['ignore', output.fd, 'inherit'] });
  const [code, signal] = await once(child, 'close');
  await output.close();
  if (code !== 0) throw new Error(`The process ended with ${signal ?? code}.`);
  return readFile(file, 'utf8');
}

/** Says which compiler V8 uses for another module: (func (export "f")). */
const othersOnLiftoff = `
  const bytes = Uint8Array.from([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,4,1,2,0,11]);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  f();
  const liftoff = %IsLiftoffFunction(f);`;

describe('the engine in a process', { timeout: 60_000 }, () => {
  const start = `import { initWasm } from '@ae/layers/backends/wasm';`;

  test('starts on this version of Node.js, with its flags if CI runs it', async () => {
    const script = `${start} const { plainReason = null, simd } = await initWasm({ threads: 2 });
      console.log(JSON.stringify({ plainReason, simd }));`;
    const majorOf = (version: string) => version.split('.')[0];
    const isTested = Object.values(tested).some((version) => majorOf(version) === majorOf(versions.v8));
    if (isRequired('tested-v8')) expect(Object.keys(tested)).toContain(majorOf(versions.node));
    const found = { plainReason: isTested ? null : expect.anything(), simd: expect.stringMatching(/relaxed|wide/) };
    expect(JSON.parse(await inProcess(script))).toEqual(found);
  });

  test('leaves every flag of V8 unchanged', async () => {
    // This help lists the flags with their current values.
    const list = `import v8 from 'node:v8'; v8.setFlagsFromString('--help');`;
    const [before, after] = await Promise.all([inProcess(list), inProcess(`${start} await initWasm(); ${list}`)]);
    expect(before).toMatch(/--liftoff\n/);
    const linesOf = (help: string) => help.split('\n');
    const changed = linesOf(after).filter((line, i) => line !== linesOf(before)[i]);
    expect(changed).toEqual([]);
  });

  test('leaves Liftoff off if the user has switched it off', async () => {
    const script = `${start} const { plainReason } = await initWasm({ threads: 1 }); ${othersOnLiftoff}
      console.log(JSON.stringify({ plainReason, liftoff }));`;
    expect(JSON.parse(await inProcess(script, ['--no-liftoff', '--allow-natives-syntax']))).toEqual({
      plainReason: expect.stringContaining('--no-liftoff'),
      liftoff: false,
    });
  });

  test('waits for V8, however long compilation takes', async () => {
    const script = `${start} const { plainReason } = await initWasm({ threads: 1 }); console.log(JSON.stringify(plainReason));`;
    expect(await inProcess(script, ['--no-wasm-lazy-compilation'])).toContain('--no-wasm-lazy-compilation');
  });

  test('starts without flags if the option says so', async () => {
    const script = `${start} import v8 from 'node:v8'; let told = 0; v8.setFlagsFromString = () => { told++; };
      const { plainReason } = await initWasm({ threads: 2, v8Flags: false }); console.log(JSON.stringify({ told, plainReason }));`;
    expect(JSON.parse(await inProcess(script))).toEqual({ told: 0, plainReason: "V8's flags are switched off" });
  });
});
