/** Says what is unusual about a line of a list, in case the file that it names does not exist. */

const wholeNumber = /^[+-]?\d+(\.\d+)?$/;
/** A name without any of the following peculiarities, and a whole number: nearly all lines are like this. */
const plainLine = /^[^\s"'/\\:,;](?:[^\s\\:]*[^\s\\:,;])? \d+$/;

/**
 * @param prefix The prefix of the line's name.
 * @returns A sentence without its period, or undefined if the line looks normal.
 */
export function hintOf(line: string, number: number, prefix: string): string | undefined {
  if (line === '' || plainLine.test(line)) return undefined;
  const space = line.lastIndexOf(' ');
  if (space < 0) return hintWithoutSpace(line, number);
  const [name, label] = [line.slice(0, space), line.slice(space + 1)];
  if (label === '') return `the last space of line ${number} is at its end, after the label; remove it`;
  if (name === '') return `line ${number} begins with its only space, so it has a label but no name`;
  if (/^(["']).*\1$/.test(name))
    return `the name in line ${number} is in quotes, which count as part of it; remove them`;
  if (/[ \t][+-]?\d+(\.\d+)?$/.test(name)) {
    return `line ${number} has several labels; the last one counts, and the others become part of the name; keep only one`;
  }
  if (name.includes('\t'))
    return `line ${number} has a tab, which counts as part of the name; use a space, and only one label`;
  if (/[,;]$/.test(name))
    return `the name in line ${number} ends in "${name.at(-1)}", which counts as part of it; remove it`;
  if (/^\s|\s$/.test(name))
    return `line ${number} has spaces around its name, which count as part of it; leave one before the label`;
  if (/^([/\\]|[a-z]:[/\\])/i.test(name) && prefix !== '') {
    return `the name in line ${number} is absolute, but ${prefix} is put before it; set the root to /`;
  }
  if (wholeNumber.test(name) && !wholeNumber.test(label))
    return `in line ${number} the label comes before the name; swap them`;
  if (name.includes('\\') && !prefix.includes('\\')) return `the name in line ${number} has backslashes; use slashes`;
  return undefined;
}

function hintWithoutSpace(line: string, number: number): string {
  const separator = /([\t,;|])[^\t,;|]*$/.exec(line)?.[1];
  const named = { '\t': 'a tab', ',': 'a comma', ';': 'a semicolon', '|': 'a bar' }[separator ?? ''];
  if (named) return `line ${number} has ${named} between its name and its label; use a space`;
  return `line ${number} has no label; add a space and a number after the name`;
}
