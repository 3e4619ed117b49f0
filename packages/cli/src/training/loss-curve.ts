/** The heights of a bar that is one character wide. */
const heights = '▁▂▃▄▅▆▇█';
/** Number of points kept, however long training takes: more than any terminal is wide. */
const maxPoints = 512;

/** Records the loss in bounded memory, and draws it as a line of small bars. */
export class LossCurve {
  #points: number[] = [];
  /** Number of updates averaged in each point. */
  #perPoint = 1;
  #sum = 0;
  #count = 0;

  add(loss: number): void {
    this.#sum += loss;
    this.#count++;
    if (this.#count < this.#perPoint) return;
    this.#points.push(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
    if (this.#points.length < maxPoints) return;
    this.#points = means(this.#points, maxPoints / 2);
    this.#perPoint *= 2;
  }

  /**
   * Draws it in at most `width` characters. Heights are logarithmic: the loss falls by factors, and late progress would be invisible beside
   * the first values.
   */
  draw(width: number): string {
    const points = means(this.#points, Math.min(width, this.#points.length)).map((loss) =>
      Math.log(Math.max(loss, 1e-12)),
    );
    const [lowest, highest] = [Math.min(...points), Math.max(...points)];
    const range = highest - lowest || 1;
    return points.map((point) => heights[Math.round(((point - lowest) / range) * (heights.length - 1))]).join('');
  }
}

/** Averages groups of values, as equal in size as possible, to `count` means. */
function means(values: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
