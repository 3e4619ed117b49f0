/** Applies the changes that a page of the documentation shows, in blocks marked `diff`, to a copy of the repository. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Returns the changes of a page: the hunks of each file, each a list of lines that begin with " ", "+" or "-". */
export function changesIn(page) {
  const changes = [];
  for (const [, block] of page.matchAll(/^```diff\n([\s\S]*?)^```$/gm)) {
    for (const part of block.split(/^\+\+\+ /m).slice(1)) {
      const [file, ...lines] = part.trimEnd().split('\n');
      const hunks = lines.join('\n').split(/^@@$/m);
      changes.push({ file, hunks: hunks.map((hunk) => hunk.replace(/^\n|\n$/g, '').split('\n')) });
    }
  }
  return changes;
}

/** Makes the changes in a folder. @throws Error if the lines around a change differ from the file's */
export function applyChanges(folder, changes) {
  for (const { file, hunks } of changes) {
    const path = join(folder, file);
    let text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    for (const lines of hunks) text = applyHunk(text, lines, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

function applyHunk(text, lines, file) {
  const pick = (marks) => lines.filter((line) => marks.includes(line[0] ?? ' ')).map((line) => line.slice(1));
  const [before, after] = [pick(' -'), pick(' +')];
  if (before.length === 0) return `${text}${after.join('\n')}\n`;
  const shown = `${before.join('\n')}\n`;
  const at = text.indexOf(shown);
  if (at < 0 || text.indexOf(shown, at + 1) >= 0)
    throw new Error(
      `docs/extending.md: expected these lines once in ${file}, received ${at < 0 ? 'none' : 'several'}:\n${shown}`,
    );
  return `${text.slice(0, at)}${after.join('\n')}\n${text.slice(at + shown.length)}`;
}
