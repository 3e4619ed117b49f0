/** What `ae watch` serves for a run: its page, updates, and the sample grids. */
import fs from 'node:fs';
import path from 'node:path';
import type { LiveRun } from '@ae/autoencoder/report';
import { explain } from '../shell/cli-error';
import type { Answering } from './serve';

/** Serves the folder of a run. Nothing is read unless a page asks, and then only what has changed. */
export async function watchRun(folder: string): Promise<Answering> {
  const { readSampleGrid, renderLivePage, renderLiveRun } = await import('@ae/autoencoder/report');
  const page = renderLivePage(path.basename(path.resolve(folder)));
  let last: { readonly revision: string; readonly live: LiveRun & { readonly waitMs: number } } | undefined;
  const liveAt = async (revision: string) => {
    if (last?.revision === revision) return last.live;
    const before = process.cpuUsage();
    const shown = fs.existsSync(folder) ? await renderLiveRun(folder).catch(problem) : gone(folder);
    const { user, system } = process.cpuUsage(before);
    const live = { ...shown, waitMs: waitAfter((user + system) / 1000) };
    last = { revision, live };
    return live;
  };
  return async (pathname, asked) => {
    if (pathname === '/') return { type: 'text/html; charset=utf-8', body: page };
    if (pathname === '/live') {
      const revision = revisionOf(folder);
      if (asked.get('since') === revision) return 'unchanged';
      return { type: 'application/json', body: JSON.stringify({ revision, ...(await liveAt(revision)) }) };
    }
    const [, epoch] = /^\/samples\/(\d{1,9})\.png$/.exec(pathname) ?? [];
    const grid = epoch === undefined ? undefined : await readSampleGrid(folder, Number(epoch)).catch(() => undefined);
    return grid && { type: 'image/png', body: grid };
  };
}

/** The part of a processor's time that a page may take from training. */
const mostOfProcessor = 0.02;

/** Returns how long a page waits before it asks again, in ms: the longer a run, the longer it takes to show it. */
export function waitAfter(renderingMs: number): number {
  return Math.max(2000, Math.round(renderingMs / mostOfProcessor));
}

/** Changes whenever the contents of a page do. */
function revisionOf(folder: string): string {
  const names = ['', 'config.json', 'metrics.jsonl', 'samples', 'lock.json', path.join('model', 'model.json')];
  const stats = names.map((name) => fs.statSync(path.join(folder, name), { throwIfNoEntry: false }));
  return stats.map((stat) => (stat ? `${stat.mtimeMs}-${stat.isFile() ? stat.size : ''}` : '')).join('/');
}

function gone(folder: string): LiveRun {
  return message('The folder is gone', `${folder} was removed or renamed; ae watch continues when it is back.`);
}

/** A file that is being written will be complete at the next attempt. */
function problem(error: unknown): LiveRun {
  return message('The run cannot be read', explain(error).message);
}

function message(title: string, text: string): LiveRun {
  return { title, html: `<section><h2>${escaped(title)}</h2><p>${escaped(text)}</p></section>` };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
