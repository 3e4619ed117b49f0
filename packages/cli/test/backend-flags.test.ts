/** V8's flags on the command line: AE_V8_FLAGS, and an untested V8. */
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { ae, aeOk, jsonLines, makeFolder, remove } from './ae';

const folder = makeFolder();
afterAll(() => remove(folder));
afterEach(() => vi.unstubAllEnvs());

/** What `ae backend` says about the wasm engine: as JSON, and as text. */
async function wasmStatus() {
  const [{ backends }] = jsonLines(await aeOk(folder, 'backend', '--json'));
  const { reason } = (backends as { name: string; reason?: string }[]).find(({ name }) => name === 'wasm') ?? {};
  return { reason, lines: await aeOk(folder, 'backend') };
}

test('ae backend says that this V8 is unknown, but computes anyway', async () => {
  const pretend = `Object.defineProperty(process,'versions',{value:{...process.versions,v8:'99.1.2.3-node.4'}})`;
  vi.stubEnv('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(pretend)}`);
  const { reason, lines } = await wasmStatus();
  expect(reason).toBe(
    "compiled without V8's flags, so training may be slower: V8 99.1.2.3-node.4 is not one whose flags have been tested",
  );
  expect(lines).toContain(reason);
  expect(lines).toMatch(/wasm .*<- chosen by auto/);
});

test('AE_V8_FLAGS=off leaves V8 alone', async () => {
  vi.stubEnv('AE_V8_FLAGS', 'off');
  const { reason, lines } = await wasmStatus();
  expect(reason).toMatch(/: V8's flags are switched off$/);
  expect(lines).toContain(reason);
  vi.stubEnv('AE_V8_FLAGS', 'ON');
  expect((await wasmStatus()).lines).not.toContain("V8's flags");
});

test('AE_V8_FLAGS is on or off', async () => {
  vi.stubEnv('AE_V8_FLAGS', 'of');
  const { code, stderr } = await ae(folder, 'backend');
  expect([code, stderr]).toEqual([1, 'ae backend: AE_V8_FLAGS: expected on or off, received "of".\n']);
});
