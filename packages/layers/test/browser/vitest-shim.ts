/**
 * Stands in for vitest on a page: collects `describe` and `it`, runs them one after the other, and returns what failed. Only what the
 * conformance suite uses.
 */
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';

/** What a page reports. */
export interface PageResults {
  passed: number;
  failures: { name: string; message: string }[];
}

type Hook = () => unknown;
type Body = (...values: never[]) => unknown;

interface Suite {
  name: string;
  parent?: Suite;
  tests: { name: string; body: () => unknown }[];
  suites: Suite[];
  hooks: Record<'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach', Hook[]>;
}

const newSuite = (name: string, parent?: Suite): Suite => ({
  name,
  parent,
  tests: [],
  suites: [],
  hooks: { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] },
});

const root = newSuite('');
let current = root;

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const expect = Object.assign((value: unknown, message?: string) => chai.expect(value, message), chai.expect);

export function describe(name: string, ...rest: unknown[]): void {
  const suite = newSuite(name, current);
  current.suites.push(suite);
  current = suite;
  (rest.at(-1) as () => void)();
  current = suite.parent ?? root;
}

export function it(name: string, body: () => unknown): void {
  current.tests.push({ name, body });
}

it.each = (cases: readonly unknown[]) => (name: string, body: Body) => {
  for (const values of cases) {
    const row = (Array.isArray(values) ? values : [values]) as never[];
    let next = 0;
    const title = name.replace(/%[sj]/g, (format) => {
      const value = row[next++] as unknown;
      return format === '%j' ? JSON.stringify(value) : String(value);
    });
    it(title, () => body(...row));
  }
};

export const beforeAll = (hook: Hook) => void current.hooks.beforeAll.push(hook);
export const afterAll = (hook: Hook) => void current.hooks.afterAll.push(hook);
export const beforeEach = (hook: Hook) => void current.hooks.beforeEach.push(hook);
export const afterEach = (hook: Hook) => void current.hooks.afterEach.push(hook);

/** Runs everything that was collected. */
export async function run(): Promise<PageResults> {
  const results: PageResults = { passed: 0, failures: [] };
  await runSuite(root, results);
  return results;
}

async function runSuite(suite: Suite, results: PageResults): Promise<void> {
  for (const hook of suite.hooks.beforeAll) await hook();
  for (const { name, body } of suite.tests) {
    const around = ancestry(suite);
    try {
      for (const { hooks } of around) for (const hook of hooks.beforeEach) await hook();
      await body();
      results.passed++;
    } catch (error) {
      const path = [...around.map((part) => part.name), name].filter(Boolean).join(' > ');
      results.failures.push({ name: path, message: String((error as Error).message) });
    } finally {
      for (const { hooks } of around.reverse()) for (const hook of hooks.afterEach) await hook();
    }
  }
  for (const inner of suite.suites) await runSuite(inner, results);
  for (const hook of suite.hooks.afterAll) await hook();
}

function ancestry(suite: Suite): Suite[] {
  return suite.parent ? [...ancestry(suite.parent), suite] : [suite];
}
