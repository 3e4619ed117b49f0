/** Returns the candidate with the smallest edit distance to a word. */
export function nearest(typed: string, words: readonly string[]): string {
  return words.reduce((best, word) => (distance(typed, word) < distance(typed, best) ? word : best));
}

/** Computes the Levenshtein distance, row by row. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length];
}
