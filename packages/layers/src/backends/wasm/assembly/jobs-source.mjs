/**
 * Writes dist/jobs.ts, the side module as TypeScript sees it: the fields of every job, how they lie in memory, which function takes which job,
 * and the constants that both sides need. All of it is read from the AssemblyScript sources, so that no fact of it stands twice.
 *
 * - A class with `@unmanaged` becomes an interface and a layout. Its fields are numbers of 32 bits, and follow those of the class it extends.
 * - A function (begin, end, job, scratch) is a kernel, which threads share; a function (job) runs on the calling thread.
 * - Other functions get numbers and return one.
 */
import { NodeKind } from 'assemblyscript';
import { commentBefore } from '../../../../../../scripts/assembly.mjs';

/** The types of fields and numbers, and the view of the memory that they are written through. */
const views = { i32: 'words', usize: 'words', f32: 'floats' };

/**
 * Returns the TypeScript source.
 *
 * @param sources the parsed sources, as AssemblyScript's `afterParse` gives them
 * @param constants values of the exported constants by name
 */
export function jobsSource(sources, constants) {
  const { classes, functions, comments } = declarationsOf(sources);
  const exported = exportsOf(sources.find(({ internalPath }) => internalPath === 'index')).map((name) =>
    functions.get(name),
  );
  const signatures = exported.filter((declaration) => declaration).map(signatureOf);
  return [
    '// Made by assembly/build.mjs from the AssemblyScript sources beside it.\n',
    layoutSource,
    ...Object.entries(constants).map(
      ([name, value]) => `${comments.get(name) ?? ''}export const ${name} = ${value};\n`,
    ),
    ...[...classes.values()].map((declaration) => classSource(declaration, classes)),
    tableSource(
      'Kernels',
      'Jobs of the kernels, which threads share, by name.',
      signatures.filter(({ kind }) => kind === 'kernel'),
    ),
    tableSource(
      'Calls',
      'Jobs of the functions that run on the calling thread, by name.',
      signatures.filter(({ kind }) => kind === 'call'),
    ),
    numbersSource(
      signatures.filter(({ kind }) => kind === 'numbers'),
      comments,
    ),
  ].join('\n');
}

const layoutSource = `/** How the fields of a class of the side module lie in memory. */
export interface Layout<Fields> {
  readonly bytes: number;
  /** Writes all fields, from the word \`at\` of the memory on, through two views of all of it. */
  write(fields: Fields, at: number, words: Int32Array, floats: Float32Array): void;
}
`;

/** Collects classes, functions and the comments before constants, by name, of the sources that are not AssemblyScript's own. */
function declarationsOf(sources) {
  const [classes, functions, comments] = [new Map(), new Map(), new Map()];
  for (const { statements, internalPath } of sources) {
    if (internalPath.startsWith('~')) continue;
    for (const statement of statements) {
      if (statement.kind === NodeKind.ClassDeclaration && isUnmanaged(statement))
        classes.set(statement.name.text, statement);
      if (statement.kind === NodeKind.FunctionDeclaration) functions.set(statement.name.text, statement);
      if (statement.kind !== NodeKind.Variable) continue;
      for (const { name } of statement.declarations) comments.set(name.text, commentBefore(statement));
    }
  }
  return { classes, functions, comments };
}

function isUnmanaged({ decorators }) {
  return decorators?.some(({ name }) => name.text === 'unmanaged') ?? false;
}

function exportsOf({ statements }) {
  return statements
    .filter(({ kind }) => kind === NodeKind.Export)
    .flatMap(({ members }) => members.map(({ localName }) => localName.text));
}

/** Says what a function takes. */
function signatureOf({ name, signature }) {
  const parameters = signature.parameters.map((parameter) => ({
    name: parameter.name.text,
    type: parameter.type.name.identifier.text,
  }));
  const job = parameters.find((parameter) => parameter.name === 'job')?.type;
  const returns = signature.returnType.name.identifier.text === 'void' ? 'void' : 'number';
  return {
    name: name.text,
    kind: job === undefined ? 'numbers' : parameters.length === 1 ? 'call' : 'kernel',
    job,
    parameters,
    returns,
  };
}

/** Writes the interface of a class and its layout. */
function classSource(declaration, classes) {
  const name = declaration.name.text;
  const own = fieldsOf(declaration);
  const all = allFields(declaration, classes);
  const base = declaration.extendsType ? ` extends ${declaration.extendsType.name.identifier.text}` : '';
  return `${commentBefore(declaration)}export interface ${name}${base} {
${own.map((field) => `${field.comment}  ${field.name}: number;`).join('\n')}
}

export const ${lowerFirst(name)}: Layout<${name}> = {
  bytes: ${4 * all.length},
  write(fields, at, words, floats) {
${all.map((field, index) => `    ${views[field.type]}[at + ${index}] = fields.${field.name};`).join('\n')}
  },
};
`.replace('at, words, floats) {', all.some(({ type }) => type === 'f32') ? 'at, words, floats) {' : 'at, words) {');
}

function allFields(declaration, classes) {
  const base = declaration.extendsType && classes.get(declaration.extendsType.name.identifier.text);
  return [...(base ? allFields(base, classes) : []), ...fieldsOf(declaration)];
}

function fieldsOf({ name, members }) {
  return members.map((member) => {
    const type = member.type?.name.identifier.text;
    if (member.kind !== NodeKind.FieldDeclaration || !(type in views)) {
      throw new Error(
        `${name.text}.${member.name.text}: a job's fields are i32, usize or f32, this is a ${type ?? 'method'}.`,
      );
    }
    return { name: member.name.text, type, comment: commentBefore(member, '  ') };
  });
}

/** Writes which function takes which job, as a type and as a table of layouts. */
function tableSource(name, comment, signatures) {
  return `/** ${comment} */
export interface ${name} {
${signatures.map((signature) => `  ${signature.name}: ${signature.job};`).join('\n')}
}

export const ${lowerFirst(name)}: { readonly [Name in keyof ${name}]: Layout<${name}[Name]> } = {
${signatures.map((signature) => `  ${signature.name}: ${lowerFirst(signature.job)},`).join('\n')}
};
`;
}

/** Writes the functions of numbers, as they are in the module's exports. */
function numbersSource(signatures, _comments) {
  const method = ({ name, parameters, returns }) =>
    `  ${name}(${parameters.map((parameter) => `${parameter.name}: number`).join(', ')}): ${returns};`;
  return `/** Functions of the side module that take and return numbers. */
export interface SideFunctions {
${signatures.map(method).join('\n')}
}
`;
}

function lowerFirst(text) {
  return text[0].toLowerCase() + text.slice(1);
}
