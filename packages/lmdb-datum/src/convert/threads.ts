/** Converts chunks of images on worker threads, and on the calling thread whenever it would have to wait for them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WorkerPool } from '../threads/worker-pool';
import {
  type Chunk,
  type ConvertReply,
  chunkMemory,
  convertChunk,
  convertLater,
  fromReply,
  type Outcome,
  offer,
  stopWaiting,
  waitingCounter,
} from './chunk';
import type { ImageFile } from './image-file';
import { type Converted, convertImage } from './image-to-message';
import type { ConvertPlan } from './options';
import { convertWorker } from './threads-ahead';

/** A chunk in progress. */
interface Task {
  chunk: Chunk;
  converted?: Outcome[];
  /** Resolves when a worker has converted the chunk, or found that this thread does. */
  answered?: Promise<void>;
}

/** Enough that workers have something to do while a commit keeps this thread busy; more chunks would need more memory. */
const mostTasks = 12;
const breathMs = 5;

export class ConvertThreads {
  readonly #pool?: WorkerPool<Chunk, ConvertReply[] | undefined>;
  /** Free memories, and those of chunks that were dropped but not yet released. */
  readonly #free: SharedArrayBuffer[] = [];
  #dropped: SharedArrayBuffer[] = [];
  readonly #most: number;
  readonly #tasks: Task[] = [];
  readonly #waiting = waitingCounter();
  #begun = 0;
  #lastBreathMs = performance.now();

  readonly #plan: ConvertPlan;

  constructor(workers: number, plan: ConvertPlan) {
    this.#plan = plan;
    this.#most = workers === 0 ? 1 : Math.max(mostTasks, 3 * workers);
    if (workers > 0) this.#pool = new WorkerPool(convertWorker, workers, plan);
  }

  /** False while enough is in progress for the threads. */
  get hasRoom(): boolean {
    return this.#tasks.length < this.#most;
  }

  /** Starts to convert some images. */
  begin(images: ImageFile[]): void {
    const chunk: Chunk = {
      number: this.#begun++,
      images,
      memory: this.#free.pop() ?? chunkMemory(),
      waiting: this.#waiting,
    };
    const task: Task = { chunk };
    offer(chunk);
    task.answered = this.#pool?.run(chunk).then((replies) => {
      if (replies) task.converted = fromReply(replies, chunk);
    });
    // Awaited when it is the first; until then a failure does not count as unhandled.
    task.answered?.catch(() => undefined);
    this.#tasks.push(task);
  }

  /**
   * Resolves to the images that were started first, when they are converted. To be iterated once: whatever had to wait is converted when it
   * is its turn. Messages remain until `release` after `drop`.
   */
  async first(): Promise<Iterable<Converted | Promise<Converted>>> {
    const [task] = this.#tasks;
    while (!task.converted) {
      if (!(await this.#help())) await task.answered;
    }
    return this.#inTurn(task.chunk, task.converted);
  }

  *#inTurn(chunk: Chunk, outcomes: Outcome[]): Generator<Converted | Promise<Converted>, void, undefined> {
    for (let i = 0; i < outcomes.length; i++) {
      const outcome = outcomes[i];
      if ('later' in outcome) {
        yield this.#convertNow(chunk.images[i]);
        continue;
      }
      if ('message' in outcome) stopWaiting(chunk, outcome.message);
      // Nothing else should keep it.
      outcomes[i] = convertLater;
      yield outcome;
    }
  }

  /** Converts whatever is available until something else that only waits is done, such as a commit to disk. */
  async until(work: Promise<void>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    // Awaited at the end; until then a failure does not count as unhandled.
    done.catch(() => undefined);
    do await nextTurn();
    while (!isDone && (await this.#help()));
    await done;
  }

  /** Converts an image whose message had to wait. */
  async #convertNow(image: ImageFile): Promise<Converted> {
    const one = convertImage(image, this.#plan, (bytes) => new Uint8Array(bytes));
    return (await (one && 'converted' in one ? one.converted : one)) as Converted;
  }

  /** Drops the images that were started first. */
  drop(): void {
    const task = this.#tasks.shift();
    if (task) this.#dropped.push(task.chunk.memory);
  }

  /** Frees the memory of all images that were dropped. */
  release(): void {
    this.#free.push(...this.#dropped);
    this.#dropped = [];
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  /** Lets replies and signals in, as often as someone who waits would notice. */
  #breathe(): Promise<void> | undefined {
    if (performance.now() - this.#lastBreathMs < breathMs) return undefined;
    return nextTurn().then(() => {
      this.#lastBreathMs = performance.now();
    });
  }

  /** Converts the first chunk that no thread has taken. Returns false if there is none. */
  async #help(): Promise<boolean> {
    for (const task of this.#tasks) {
      const converted = await convertChunk(task.chunk, this.#plan, () => this.#breathe());
      if (!converted) continue;
      task.converted = converted;
      return true;
    }
    return false;
  }
}
