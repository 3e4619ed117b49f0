/** Keeps what was used most recently, by number. */
export class Recent<T> {
  /** Least recently used first: a Map iterates in order of insertion. */
  readonly #kept = new Map<number, T>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  has(number: number): boolean {
    return this.#kept.has(number);
  }

  get(number: number): T | undefined {
    const value = this.#kept.get(number);
    return value && this.put(number, value);
  }

  /** Keeps a value, replacing the least recently used one if there are too many. */
  put(number: number, value: T): T {
    this.#kept.delete(number);
    if (this.#kept.size >= this.#most) this.#kept.delete(this.#kept.keys().next().value as number);
    this.#kept.set(number, value);
    return value;
  }

  clear(): void {
    this.#kept.clear();
  }
}
