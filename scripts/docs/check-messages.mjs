/** Checks that docs/troubleshooting.md quotes only messages that the code prints. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Minimum length of a part of a message that is looked up: shorter parts would be found anywhere. */
const leastLength = 9;

/** Returns the sources as one text in which strings are as they are printed: joined, and without escapes. */
export function readSources(root) {
  const texts = readdirSync(join(root, 'packages')).flatMap((name) => textsIn(join(root, 'packages', name, 'src')));
  return texts
    .join('\n')
    .replace(/['"`]\s*\+\s*['"`]/g, '')
    .replace(/\\(['"`])/g, '$1');
}

function textsIn(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'),
  );
  return names.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

/**
 * Returns the messages of a page that no source contains. A message is code in the first cell of a row; "..." stands for what varies, and
 * words in parentheses after it name another program that prints it.
 */
export function unknownMessages(page, sources) {
  const quoted = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, message]) => message);
  return quoted.filter((message) => {
    const parts = message.split(/\.\.\.|; /).map((part) => part.replace(/^[\s;:,."]+|[\s;:,."(]+$/g, ''));
    const fixed = parts.filter((part) => part.length >= leastLength);
    return fixed.length === 0 || !fixed.every((part) => sources.includes(part));
  });
}
