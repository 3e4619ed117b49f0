/**
 * The documentation lane: `npm run test:docs [-- --only site]`.
 *
 * Builds the site, in which a dead link is an error, opens it in a browser, checks that all exports of packages have doc comments, and adds
 * what docs/extending.md describes to a copy of the repository.
 */

import { checkChanges } from './docs/check-changes.mjs';
import { checkExports } from './docs/check-exports.mjs';
import { checkSite } from './docs/check-site.mjs';
import { readFlags, runInTurn, scratchFolders } from './installs/packed.mjs';
import { root, run } from './lane.mjs';

const newFolder = scratchFolders('ae-docs-');
const checks = {
  site: async () => {
    run(process.execPath, ['site/build.mjs', 'install']);
    run(process.execPath, ['site/build.mjs'], { onFailure: 1 });
    await checkSite(`${root}site/.vitepress/dist`);
  },
  exports: checkExports,
  extending: () => checkChanges(newFolder('extending')),
};

const { only } = readFlags(Object.keys(checks));
await runInTurn(Object.entries(checks).filter(([name]) => only.includes(name)));
