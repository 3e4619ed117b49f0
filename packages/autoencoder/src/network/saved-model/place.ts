import { AutoencoderError, inWords } from '../../errors/errors';

/** A position in a file of a saved model, for errors. */
export class Place {
  readonly #file: string;
  readonly #path: string;

  constructor(file: string, path = '') {
    this.#file = file;
    this.#path = path;
  }

  /** Returns the position of a field or a list item. */
  at(key: string | number): Place {
    const step = typeof key === 'number' ? `[${key}]` : `${this.#path && '.'}${key}`;
    return new Place(this.#file, this.#path + step);
  }

  /** Makes the MODEL_INVALID error for this position. */
  error(message: string, cause?: unknown): AutoencoderError {
    const where = this.#path ? `${this.#file}: ${this.#path}` : this.#file;
    return new AutoencoderError('MODEL_INVALID', `${where}: ${message}.`, { cause });
  }

  /** Makes the error for a value that is not as expected. */
  unlike(expected: string, value: unknown): AutoencoderError {
    return this.error(`expected ${expected}, received ${value === undefined ? 'nothing' : inWords(value)}`);
  }

  /** Returns a value that must be an object. */
  object(value: unknown): Record<string, unknown> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw this.unlike('an object', value);
  }

  /** Returns a value that must be a list of at most `max` items. */
  list(value: unknown, max = 10_000): unknown[] {
    if (!Array.isArray(value)) throw this.unlike('a list', value);
    if (value.length > max) throw this.error(`expected at most ${max} items, received ${value.length}`);
    return value;
  }

  /** Returns a value that must be text of at most `max` characters. */
  text(value: unknown, max = 1000): string {
    if (typeof value === 'string' && value !== '' && value.length <= max) return value;
    throw this.unlike(`text of 1 to ${max} characters`, value);
  }

  /** Returns a value that must be a whole number in a range. */
  integer(value: unknown, min: number, max: number): number {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
    throw this.unlike(`an integer from ${min} to ${max}`, value);
  }
}
