import { describe, expect, it } from 'vitest';
import { Autoencoder, AutoencoderError } from '../src/entries/index';
import { checkChoice, checkKeys, checkNumber, checkText, type NumberRange } from '../src/errors/errors';

function thrownBy(work: () => unknown): AutoencoderError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(AutoencoderError);
    return error as AutoencoderError;
  }
  throw new Error('expected an error, received none');
}

describe('an error about a value', () => {
  it('has its parts as data, and a sentence made from them', () => {
    const cause = new RangeError('too small');
    const parts = { where: 'crop.size', expected: 'an integer of at least 8', received: '4', todo: 'crop less' };
    const error = new AutoencoderError('INVALID_OPTION', parts, { cause });
    expect(error).toMatchObject({ code: 'INVALID_OPTION', ...parts, cause });
    expect(error.sentence).toBe('crop.size: expected an integer of at least 8, received 4; crop less.');
    expect(error.message).toBe(`[autoencoder] ${error.sentence}`);
  });

  it('of an option names the option', () => {
    const { where, expected, received } = thrownBy(() => new Autoencoder({ codeSize: 0.5 }));
    expect({ where, expected, received }).toEqual({
      where: 'codeSize',
      expected: 'a whole number of at least 1',
      received: '0.5',
    });
  });

  it.each<[NumberRange, string]>([
    [{}, 'a number'],
    [{ integer: true }, 'a whole number'],
    [{ min: 1 }, 'a number of at least 1'],
    [{ max: 9 }, 'a number of at most 9'],
    [{ below: 9 }, 'a number below 9'],
    [{ min: 0, exclusiveMin: true, below: 1 }, 'a number above 0 and below 1'],
    [{ min: 1, max: 16, integer: true }, 'a whole number from 1 to 16'],
  ])('of the range %o says: %s', (range, expected) => {
    expect(thrownBy(() => checkNumber('n', Number.NaN, range))).toMatchObject({
      where: 'n',
      expected,
      received: 'NaN',
    });
  });

  it('lists the choices', () => {
    const fruit = () => checkChoice('fruit', 'stone', ['apple', 'pear']);
    expect(thrownBy(fruit).sentence).toBe('fruit: expected one of apple, pear, received "stone".');
    expect(thrownBy(() => checkText('name', ''))).toMatchObject({ where: 'name', expected: 'text', received: '""' });
    const keys = () => checkKeys('train', { epoch: 1 }, ['epochs', 'seed']);
    const { sentence, ...parts } = thrownBy(keys);
    expect(parts).toMatchObject({ where: 'train', expected: 'one of epochs, seed', received: '"epoch"' });
    expect(sentence).toBe('train: unknown option "epoch"; expected one of epochs, seed.');
  });
});

it('an error about a state has no parts', () => {
  const error = new AutoencoderError('DISPOSED', 'This network has been disposed of.');
  expect(Object.keys(error).sort()).toEqual(['code', 'name', 'sentence']);
});
