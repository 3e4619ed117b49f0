/**
 * Checks the documentation, as part of `npm run lint`: links lead to existing files and headings, code blocks are of a kind that a test
 * runs or say why not, messages in docs/troubleshooting.md are printed by the code, and spelling is American everywhere.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { britishForms } from './docs/british-forms.mjs';
import { readSources, unknownMessages } from './docs/check-messages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root });
const files = listed
  .toString()
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const pages = new Map(
  files.filter((file) => file.endsWith('.md')).map((file) => [file, readFileSync(join(root, file), 'utf8')]),
);
const wrong = [];

/** Returns a page with its code blocks blanked, with the same number of lines. */
const prose = (text) => text.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]+/g, ''));

/** Returns the anchors by which GitHub and VitePress link to a page's headings. */
function anchorsOf(text) {
  const headings = [...prose(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => heading);
  return headings.map((heading) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[`\\]/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

function checkLink(page, href) {
  const [target, anchor] = href.split('#');
  const file = target === '' ? page : normalize(join(dirname(page), decodeURIComponent(target))).replace(/\/$/, '');
  if (!existsSync(join(root, file))) return wrong.push(`${page}: a link leads to ${href}, which does not exist`);
  const linked = statSync(join(root, file)).isDirectory() ? `${file}/README.md` : file;
  if (anchor && !anchorsOf(pages.get(linked) ?? '').includes(anchor))
    wrong.push(`${page}: a link leads to ${href}, which has no such heading`);
}

/** Kinds of blocks that tests run (commands, programs, changes to the repository), and text. */
const kinds = /^(|text|js|json|python|diff|\w+ no-run: .{10,})$/;

for (const [page, text] of pages) {
  for (const [, href] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) if (!/^[a-z]+:/.test(href)) checkLink(page, href);
  const fences = [...text.matchAll(/^ *```(.*)$/gm)].filter((_, i) => i % 2 === 0);
  for (const [, info] of fences) {
    if (!kinds.test(info))
      wrong.push(
        `${page}: a block is marked "${info}"; expected js, python, diff, json, text, nothing, or "<language> no-run: <reason>"`,
      );
  }
}

const troubleshooting = 'docs/troubleshooting.md';
for (const message of unknownMessages(pages.get(troubleshooting), readSources(root)))
  wrong.push(`${troubleshooting}: no source has the message "${message}"`);

const read = /\.(md|[cm]?[jt]s|py|html|css|ya?ml|json|sh|lua|zsh)$/;
for (const file of files) {
  if (!read.test(file) || file.endsWith('package-lock.json') || file === 'scripts/docs/british-forms.mjs') continue;
  const text = readFileSync(join(root, file), 'utf8');
  for (const [word] of text.matchAll(britishForms)) {
    const line = text.slice(0, text.indexOf(word)).split('\n').length;
    wrong.push(`${file}:${line}: "${word}" is not American`);
  }
}

for (const line of wrong) console.error(line);
process.exit(wrong.length > 0 ? 1 : 0);
