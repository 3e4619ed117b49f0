/**
 * Keeps what V8 compiled for the next start of the same command: for Node.js 20, as newer versions do it themselves
 * (`module.enableCompileCache`). A file is compiled again when its text, Node.js or V8's flags have changed.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import process from 'node:process';
import v8 from 'node:v8';
import vm from 'node:vm';
import { cacheFolder } from './data/cache-folder';

/** The part of Node.js' loader of CommonJS that compiles and runs a file. */
interface Loader {
  _compile(this: NodeJS.Module, text: string, file: string, format?: string): unknown;
}

/** What is kept of a file. */
interface Kept {
  readonly textHash: string;
  readonly code: Buffer;
}

const hashBytes = 32;
/** In code that is kept, V8 loses what `import()` needs to know of its file. */
const mayImport = /\bimport\s*[(/]/;

/**
 * Uses what is kept for all CommonJS files that are loaded from here on. If there was something to compile, all of it is kept when the
 * process ends without an error.
 *
 * @param command The name of what this process does: each command calls other functions, which are compiled when they are called.
 */
export function keepCompiledCode(command = ''): void {
  if (process.env.NODE_DISABLE_COMPILE_CACHE || !/^[a-z-]+$/.test(command)) return;
  const place = placeOf(command);
  if (!place) return;
  const kept = readKept(place);
  const scripts = new Map<string, { textHash: string; script: vm.Script }>();
  let isChanged = false;
  const loader = Module.prototype as unknown as Loader;
  const compile = loader._compile;
  loader._compile = function (text, file, format) {
    if (format === 'module' || mayImport.test(text)) return compile.call(this, text, file, format);
    const textHash = hashOf(text);
    const known = kept.get(file);
    const code = known?.textHash === textHash ? known.code : undefined;
    const script = scriptOf(text, file, code);
    // Node.js knows what else the file may be, or what is wrong with it.
    if (!script) return compile.call(this, text, file, format);
    scripts.set(file, { textHash, script });
    // V8 rejects what was compiled with other flags.
    isChanged ||= !code || script.cachedDataRejected === true;
    const run = script.runInThisContext();
    return run.call(this.exports, this.exports, Module.createRequire(file), this, file, path.dirname(file));
  };
  process.on('exit', (exitCode) => {
    if (exitCode !== 0 || !isChanged) return;
    const all = [...scripts].map(([file, { textHash, script }]): [string, Kept] => [
      file,
      { textHash, code: script.createCachedData() },
    ]);
    keep(place, new Map([...othersOf(kept, scripts), ...all]));
  });
}

/** Returns undefined where nothing can be kept: some users have no home folder. */
function placeOf(command: string): string | undefined {
  try {
    return path.join(cacheFolder('compiled'), command);
  } catch {
    return undefined;
  }
}

/**
 * Returns what the same installation keeps of files that this process did not need: which ones a command loads depends on its options. What
 * another installation, which has another first file, or an earlier version kept is dropped.
 */
function othersOf(kept: ReadonlyMap<string, Kept>, scripts: ReadonlyMap<string, unknown>): Array<[string, Kept]> {
  const [first] = scripts.keys();
  return kept.has(first) ? [...kept].filter(([file]) => !scripts.has(file) && fs.existsSync(file)) : [];
}

/** Returns undefined if the text is not that of a CommonJS module. */
function scriptOf(text: string, filename: string, cachedData: Buffer | undefined): vm.Script | undefined {
  try {
    return new vm.Script(Module.wrap(text), { filename, cachedData });
  } catch {
    return undefined;
  }
}

/** The same text has other code in another version of Node.js. */
function hashOf(text: string): string {
  return createHash('sha256').update(`${process.version} ${process.arch}\n`).update(text).digest('base64');
}

/** Returns nothing if there is no such file, or if it is damaged, which V8 would not notice. */
function readKept(place: string): ReadonlyMap<string, Kept> {
  try {
    const all = fs.readFileSync(place);
    const rest = all.subarray(hashBytes);
    if (all.subarray(0, hashBytes).equals(checksum(rest))) return v8.deserialize(rest);
  } catch {
    // There is none yet, or another version of V8 wrote it.
  }
  return new Map();
}

/** Errors are not worth mentioning: the next start only takes longer. What two processes mix up at the same time is damaged. */
function keep(place: string, all: ReadonlyMap<string, Kept>): void {
  const bytes = v8.serialize(all);
  const unfinished = `${place}.tmp`;
  try {
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(unfinished, Buffer.concat([checksum(bytes), bytes]));
    fs.renameSync(unfinished, place);
  } catch {
    // A full disk keeps what was written before it was full.
    removeQuietly(unfinished);
  }
}

function removeQuietly(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {}
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
