/** Reads config.json of a run as settings for another one: everything is checked, because it may have been edited by hand. */
import { AutoencoderError, checkText, inWords } from '../errors/errors';
import { expectRecord, parseJson, Unexpected } from '../files/expectations';
import { recipeKeys, resolveRecipe } from '../training/recipes';
import { expectRunConfig, maxConfigBytes, type RunConfig, withZones } from './run-config';
import { readTextFile } from './run-file';

/** The possible contents of such a file. */
const known = {
  it: [
    ...['version', 'command', 'from', 'options', 'seed', 'inputShape', 'pixels', 'network', 'preset', 'data'],
    ...['versions', 'backend', 'resumed'],
  ],
  options: [...recipeKeys, 'epochs', 'steps', 'minutes'],
  pixels: ['scale', 'channelOrder'],
  network: ['preset', 'codeSize', 'coefficients', 'zones', 'variational', 'initialization'],
};

/** Reads a config.json for a new run; throws RUN_NOT_FOUND, and RUN_INVALID naming the file and the key. */
export async function readConfigFile(file: string): Promise<RunConfig> {
  checkText('readConfigFile', file);
  const text = await readTextFile(file, maxConfigBytes);
  if (text === undefined) {
    throw new AutoencoderError('RUN_NOT_FOUND', `${file} does not exist; name the config.json of a run.`);
  }
  try {
    const config = parseJson(text);
    expectKnown('it', config, known.it);
    for (const key of ['options', 'pixels', 'network'] as const) {
      if (config[key] !== undefined) expectKnown(key, config[key], known[key]);
    }
    expectRunConfig(config);
    expectRecipe(config);
    return withZones(config);
  } catch (cause) {
    if (!(cause instanceof Unexpected)) throw cause;
    throw new AutoencoderError('RUN_INVALID', `${file}${cause.message.replace(/^(?!it )/, ': ').replace(/^it/, '')}.`, {
      cause,
    });
  }
}

function expectKnown(where: string, value: unknown, keys: readonly string[]): asserts value is Record<string, unknown> {
  expectRecord(where, value);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown === undefined) return;
  const place = where === 'it' ? '' : ` in ${where}`;
  throw new Unexpected(`unknown key ${inWords(unknown)}${place}; expected one of ${keys.join(', ')}`);
}

/** Throws Unexpected for values that training does not accept, naming their key in the file. */
function expectRecipe({ options: { epochs, steps, minutes, ...recipe } }: RunConfig): void {
  try {
    resolveRecipe('default', recipe);
  } catch (cause) {
    if (!(cause instanceof AutoencoderError) || cause.code !== 'INVALID_OPTION') throw cause;
    throw new Unexpected(`options.${cause.sentence.replace(/\.$/, '')}`, { cause });
  }
}
