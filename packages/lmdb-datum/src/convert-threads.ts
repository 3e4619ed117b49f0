/** Converts chunks of images on worker threads, and on the calling thread whenever it would have to wait for them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Chunk, type ConvertReply, chunkMemory, convertChunk, fromReply, offer } from './convert-chunk';
import type { Converted } from './convert-image';
import type { ConvertPlan } from './convert-options';
import type { ImageFile } from './image-list';
import { WorkerPool } from './worker-pool';

/** A chunk under way. */
interface Task {
  chunk: Chunk;
  converted?: Converted[];
  /** Settles when a worker has converted the chunk, or found that this thread does. */
  answered?: Promise<void>;
}

/** So many that workers have something to do while a commit keeps this thread. */
const MOST_TASKS = 16;

export class ConvertThreads {
  private readonly pool?: WorkerPool<Chunk, ConvertReply[] | undefined>;
  private readonly memories: SharedArrayBuffer[] = [];
  private readonly most: number;
  private readonly tasks: Task[] = [];
  private begun = 0;

  constructor(
    workers: number,
    private readonly plan: ConvertPlan,
  ) {
    this.most = workers === 0 ? 1 : Math.max(MOST_TASKS, 3 * workers);
    if (workers > 0) this.pool = new WorkerPool(new URL('./convert-worker.cjs', import.meta.url), workers, plan);
  }

  /** False while as much is under way as the threads need. */
  get hasRoom(): boolean {
    return this.tasks.length < this.most;
  }

  /** Begins to convert some images. */
  begin(images: ImageFile[]): void {
    const number = this.begun++;
    this.memories[number % this.most] ??= chunkMemory();
    const chunk: Chunk = { number, images, memory: this.memories[number % this.most] as SharedArrayBuffer };
    const task: Task = { chunk };
    offer(chunk);
    task.answered = this.pool?.run(chunk).then((replies) => {
      if (replies) task.converted = fromReply(replies, chunk);
    });
    // Awaited when it is the first; until then a failure is not unhandled.
    task.answered?.catch(() => undefined);
    this.tasks.push(task);
  }

  /** The images that were begun first. What they hold is valid until the next call of `begin` after `drop`. */
  async first(): Promise<Converted[]> {
    const task = this.tasks[0] as Task;
    while (!task.converted) {
      if (!(await this.help())) await task.answered;
    }
    return task.converted;
  }

  /** Forgets the images that were begun first: their memory is free. */
  drop(): void {
    this.tasks.shift();
  }

  async close(): Promise<void> {
    await this.pool?.close();
  }

  /** Converts the first chunk that no thread has taken. Returns false if there is none. */
  private async help(): Promise<boolean> {
    for (const task of this.tasks) {
      // Pauses let answers and signals in.
      const converted = await convertChunk(task.chunk, this.plan, () => nextTurn());
      if (!converted) continue;
      task.converted = converted;
      return true;
    }
    return false;
  }
}
