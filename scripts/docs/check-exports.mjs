/** Checks that every exported name, and every method of an exported class, has a doc comment. */
import ts from 'typescript';
import { entriesOf } from './entries.mjs';

const packages = ['images', 'lmdb-datum', 'layers', 'autoencoder'];

/** Returns the exported names, and the methods of exported classes, without a doc comment. */
export function undocumented() {
  const entries = new Map(packages.flatMap((name) => [...entriesOf(name)]));
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, noLib: true, skipLibCheck: true };
  const resolution = { moduleResolution: ts.ModuleResolutionKind.Bundler, types: [] };
  const program = ts.createProgram([...entries.values()], { ...options, ...resolution });
  const checker = program.getTypeChecker();
  const said = (symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '';
  const missing = [];
  for (const [entry, file] of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file));
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!said(symbol)) missing.push(`${entry}: ${exported.name}`);
      if (symbol.flags & ts.SymbolFlags.Class)
        for (const method of methodsOf(symbol))
          if (!said(method)) missing.push(`${entry}: ${exported.name}.${method.name}`);
    }
  }
  return missing;
}

/** Methods and accessors that are neither private or internal nor described in a base class. */
function methodsOf(symbol) {
  const members = [...(symbol.members?.values() ?? [])];
  return members.filter((member) => {
    const [declaration] = member.declarations ?? [];
    if (!declaration || !(ts.isMethodDeclaration(declaration) || ts.isGetAccessor(declaration))) return false;
    if (ts.isPrivateIdentifier(declaration.name) || ts.isComputedPropertyName(declaration.name)) return false;
    if (ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal')) return false;
    const flags = ts.getCombinedModifierFlags(declaration);
    return !(flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Override));
  });
}

/** Throws unless all of them have a doc comment. */
export function checkExports() {
  const missing = undocumented();
  if (missing.length > 0) throw new Error(`no doc comment says what these are:\n${missing.join('\n')}`);
}
