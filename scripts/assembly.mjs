/**
 * Compiles AssemblyScript to WebAssembly, in the same way for all packages: @ae/images when a bundler requests a module, @ae/layers in its
 * build.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Node, NodeKind } from 'assemblyscript';
import asc from 'assemblyscript/asc';
import { Transform } from 'assemblyscript/transform';

/**
 * Returns the bytes of the module whose exports are those of a file. It imports its memory.
 *
 * @param file path of the AssemblyScript
 * @param options `features`: what the engine must have; with `threads`, the memory is shared: threads work in it together.
 *   `generated`: sources that are no files, by their names beside `file`. `onParsed`: is given the parsed sources.
 */
export async function compileAssembly(file, { features = 'simd,threads', generated = {}, onParsed = () => {} } = {}) {
  const stderr = asc.createMemoryStream();
  let bytes;
  class Decorate extends Transform {
    afterParse({ sources }) {
      for (const { statements } of sources) for (const statement of statements) decorateInlined(statement);
      onParsed(sources);
    }
  }
  const { error } = await asc.main(
    [
      path.basename(file),
      ...['--outFile', 'out.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--enable', features],
      ...['--importMemory', '--initialMemory', '1', '--use', 'abort='],
      ...(features.includes('threads') ? ['--sharedMemory', '--maximumMemory', '65536'] : []),
      ...['--disableWarning', '201'], // usize is 32 bits wide here, as i32 is
    ],
    {
      stderr,
      transforms: [Decorate],
      readFile: (name) => generated[name]?.() ?? readIfPresent(path.join(path.dirname(file), name)),
      writeFile: (name, contents) => {
        if (name === 'out.wasm') bytes = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !bytes) throw new Error(`${file}: ${stderr}`, { cause: error });
  return bytes;
}

/** Adds the decorator `@inline`, which TypeScript does not allow on functions, to a function whose comment ends with that name. */
function decorateInlined(statement) {
  if (statement.kind !== NodeKind.FunctionDeclaration || !/@inline \*\/\s*$/.test(commentBefore(statement))) return;
  const name = Node.createIdentifierExpression('inline', statement.range);
  statement.decorators = [Node.createDecorator(name, null, statement.range)];
}

/** Returns the doc comment right before a declaration, ignoring what may stand between them. */
export function commentBefore({ range }, indent = '') {
  const before = range.source.text.slice(0, range.start);
  const [, comment] =
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\s*(?:@unmanaged\s*)?(?:export\s*)?(?:const\s*)?$/.exec(before) ?? [];
  return comment ? `${indent}${comment}\n` : '';
}

function readIfPresent(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
