/** The page of a run in training: a local server shows it, and updates it while it is open. */

import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { checkText } from '../errors/errors';
import { isBeingTrained } from '../run/run-lock';
import { collectRun, readPicture } from './collect-run';
import { formatCount, formatDb, formatDuration, formatNumberOf, formatSignificant } from './format';
import { html, type Markup, Markup as Raw } from './html';
import { pngToPicture } from './pictures';
import { readRun } from './read-run';
import type { ReportEpoch, ReportRun } from './report-data';
import { script } from './script';
import { renderFirstSteps, renderTraining } from './sections/training';
import { style } from './style';

/** The page may only contact this server, and only for pictures and data. */
const policy =
  "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Polls for updates, and says so if the server no longer answers. A slider that was moved keeps its position. */
const renew = `
(() => {
  const main = document.querySelector('main');
  const state = document.getElementById('state');
  let revision;
  let waitMs = 2000;
  const ask = async () => {
    try {
      const answer = await fetch('live?since=' + encodeURIComponent(revision ?? ''));
      if (answer.status === 200) {
        const news = await answer.json();
        revision = news.revision;
        waitMs = news.waitMs ?? waitMs;
        const moved = [...main.querySelectorAll('input[type=range]')].map((input) => input.value === input.max ? undefined : input.value);
        main.innerHTML = news.html;
        main.querySelectorAll('input[type=range]').forEach((input, i) => { if (moved[i] !== undefined) input.value = moved[i]; });
        document.dispatchEvent(new Event('renewed'));
        document.title = news.title;
      }
      state.textContent = '';
    } catch {
      state.textContent = 'ae watch has ended; this is what it showed last.';
    }
    setTimeout(ask, document.hidden ? Math.max(10000, waitMs) : waitMs);
  };
  ask();
})();
`;

/** Returns the page that shows a run by its name, and asks the server that it comes from for everything else. */
export function renderLivePage(name: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy.replace(" frame-ancestors 'none'", '')}">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${name}</title>
<style>${new Raw(style)}</style>
</head>
<body>
<header>
<p class="kicker">Training of an autoencoder</p>
<h1>${name}</h1>
<p class="note" id="state" role="status"></p>
</header>
<main></main>
<div id="tip" role="status" hidden></div>
<script>${new Raw(script)}${new Raw(renew)}</script>
</body>
</html>
`.text;
}

/** What the page shows of a run at the moment. */
export interface LiveRun {
  readonly title: string;
  /** The contents of `main`. */
  readonly html: string;
}

/** Reads a run's folder and renders its contents; grids are pictures at `samples/<epoch>.png`. Throws the errors of `readRun`. */
export async function renderLiveRun(folder: string): Promise<LiveRun> {
  checkText('renderLiveRun', folder);
  const run = await collectRun(folder, async ({ epoch, file }) => {
    const { width, height } = pngToPicture(await readPicture(file));
    return { uri: `samples/${epoch}.png`, width, height };
  });
  const state = await stateOf(folder, run);
  const { epoch = 0 } = run.epochs.at(-1) ?? {};
  const training = renderTraining(run)?.content ?? renderFirstSteps(run) ?? nothingYet;
  return {
    title: `${state === 'training' ? `${epoch}/${run.options.epochs} ` : ''}${run.name}`,
    html: html`<section><h2>${stateWords[state]}</h2>${renderTiles(run, state)}</section>
<section><h2>Training</h2>${training}</section>
<section><h2>Command</h2><p><code>${run.command ?? 'a program'}</code></p></section>`.text,
  };
}

/** Returns the sample grid of an epoch as a PNG file, or undefined if there is none. */
export async function readSampleGrid(folder: string, epoch: number): Promise<Uint8Array | undefined> {
  checkText('readSampleGrid', folder);
  const { samples } = await readRun(folder);
  const found = samples.find((sample) => sample.epoch === epoch);
  return found && readPicture(found.file);
}

type State = 'training' | 'finished' | 'stopped';

const stateWords: Readonly<Record<State, string>> = {
  training: 'In training',
  finished: 'Finished',
  stopped: 'Stopped',
};

const nothingYet = html`<p class="note">Nothing to show yet: the first update is being computed.</p>`;

async function stateOf(folder: string, { epochs, options }: ReportRun): Promise<State> {
  if (await isBeingTrained(folder)) return 'training';
  const isSaved = await lstat(path.join(folder, 'model', 'model.json')).then(
    () => true,
    () => false,
  );
  const last = epochs.at(-1);
  return isSaved && last && isLast(last, options) ? 'finished' : 'stopped';
}

/** Tells whether training ends with this epoch. With a time limit, it ends at about that time, whatever number of epochs was planned. */
function isLast({ epoch, elapsedMs }: ReportEpoch, { epochs, minutes, earlyStopping }: ReportRun['options']): boolean {
  if (minutes !== undefined && elapsedMs >= 0.9 * Number(minutes) * 60_000) return true;
  return epoch >= Number(epochs) || Boolean(earlyStopping);
}

function renderTiles(run: ReportRun, state: State): Markup {
  const { epochs, steps, options, train, backend } = run;
  const last = epochs.at(-1);
  const best = Math.max(...epochs.map(({ validationPsnrDb = Number.NEGATIVE_INFINITY }) => validationPsnrDb));
  const perSecond = last?.imagesPerSecond;
  const leftMs = last && Math.max(0, (last.elapsedMs / last.epoch) * (Number(options.epochs) - last.epoch));
  const tiles: (readonly [name: string, value: string] | undefined)[] = [
    ['Epoch', `${last?.epoch ?? 0} of ${Math.max(last?.epoch ?? 0, Number(options.epochs))}`],
    ['Loss', steps.length > 0 ? formatSignificant(last?.loss ?? steps[steps.length - 1].loss) : '-'],
    Number.isFinite(best) ? ['Validation PSNR, best', formatDb(best)] : undefined,
    perSecond === undefined ? undefined : ['Speed', `${Math.round(perSecond)} images/s`],
    last && ['Trained for', formatDuration(last.elapsedMs)],
    state === 'training' && leftMs !== undefined ? ['Time left, about', formatDuration(leftMs)] : undefined,
    ['Images', formatCount(train.count)],
    [
      'Engine',
      backend.threads === undefined ? backend.name : `${backend.name}, ${formatNumberOf(backend.threads, 'thread')}`,
    ],
  ];
  return html`<dl class="tiles">${tiles
    .filter((tile) => tile !== undefined)
    .map(([name, value]) => html`<div class="tile"><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
