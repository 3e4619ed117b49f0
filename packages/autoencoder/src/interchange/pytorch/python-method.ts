/** Writes a method of the module. */
export function method(name: string, signature: string, help: string | undefined, lines: readonly string[]): string {
  const doc = help === undefined ? [] : [`        """${help}"""`];
  const [parameters, result = ' -> None'] = signature.split(/(?= -> )/);
  return [`    def ${name}${parameters}${result}:`, ...doc, ...lines.map((line) => `        ${line}`), ''].join('\n');
}
