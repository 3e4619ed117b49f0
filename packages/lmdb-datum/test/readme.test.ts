import fs from 'node:fs';
import { expect, it } from 'vitest';
import * as api from '../src/entries/index';

it('the README names only what is exported', () => {
  const readme = fs.readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const imported = [...readme.matchAll(/import \{ ([^}]+) \} from '@ae\/lmdb-datum'/g)].flatMap(([, names]) =>
    names!.split(', '),
  );
  expect(imported.length).toBeGreaterThan(3);
  for (const name of imported) expect(api).toHaveProperty(name);
  for (const [, name] of readme.matchAll(/`(\w+)\(/g)) {
    expect([...Object.keys(api), 'at', 'get', 'batches']).toContain(name);
  }
  expect(readme.split('\n').length).toBeLessThan(150);
});
