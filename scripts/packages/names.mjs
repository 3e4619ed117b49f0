/**
 * Checks that users can name what signatures name: a package exports each type that the declarations of its exports mention. A class or
 * interface that is only extended needs no name: what is inherited counts as if it were written there.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';
import { root } from '../lane.mjs';

/** @throws {Error} with the types that no entry of their package exports, and where they are mentioned */
export function checkNames(tarballs) {
  const lines = tarballs.flatMap(({ manifest }) => unnamed(manifest));
  if (lines.length > 0) throw new Error(`These are mentioned but not exported:\n${lines.join('\n')}`);
}

function unnamed({ name, exports = {} }) {
  const folder = realpathSync(join(root, 'node_modules', name));
  const files = Object.values(exports)
    .flatMap((conditions) => conditions.import?.types ?? [])
    .map((file) => join(folder, file));
  for (const file of files) if (!existsSync(file)) throw new Error(`${file} is missing; run npm run build first.`);
  const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true, types: [] };
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  const original = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const entries = files.map((file) => checker.getSymbolAtLocation(program.getSourceFile(file)));
  const exported = new Set(entries.flatMap((entry) => checker.getExportsOfModule(entry)).map(original));
  const own = `${join(folder, 'dist')}${sep}`;
  const found = new Map();
  for (const symbol of exported) {
    for (const declaration of symbol.declarations ?? []) {
      if (!declaration.getSourceFile().fileName.startsWith(own)) continue;
      visit(declaration, (mentioned) => {
        const target = mentioned && original(mentioned);
        const place = target?.declarations?.[0];
        if (!place?.getSourceFile().fileName.startsWith(own) || exported.has(target) || !isType(place)) return;
        found.set(target.name, [...(found.get(target.name) ?? []), symbol.name]);
      });
    }
  }
  return [...found].map(([type, by]) => `${name}: ${type}, of ${[...new Set(by)].join(', ')}`);

  /** Calls `mention` with the meaning of each reference to a type, except those of private members. */
  function visit(node, mention) {
    if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword))
      return;
    if (ts.isTypeReferenceNode(node)) mention(checker.getSymbolAtLocation(node.typeName));
    else if (ts.isExpressionWithTypeArguments(node)) visitBase(checker.getSymbolAtLocation(node.expression), mention);
    ts.forEachChild(node, (child) => visit(child, mention));
  }

  function visitBase(symbol, mention) {
    const base = symbol && original(symbol);
    if (!base || exported.has(base)) return;
    for (const declaration of base.declarations ?? [])
      if (declaration.getSourceFile().fileName.startsWith(own)) visit(declaration, mention);
  }
}

/** Tells whether a package could export a declaration, unlike, for example, a type parameter. */
function isType(declaration) {
  return [ts.isInterfaceDeclaration, ts.isTypeAliasDeclaration, ts.isClassDeclaration, ts.isEnumDeclaration].some(
    (is) => is(declaration),
  );
}
