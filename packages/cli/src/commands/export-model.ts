import type { Autoencoder } from '@ae/autoencoder';
import type { OnnxOptions } from '@ae/autoencoder/interchange';
import type { Command } from 'commander';
import { startEngine } from '../network/engine';
import { findModel } from '../network/find-model';
import { type CheckpointOptions, checkpointOption, loadNetwork } from '../network/load-network';
import { checkFormatOptions, exportFormats, formatOf } from '../network/model-formats';
import { CliError, writingTo } from '../shell/cli-error';
import { type CommonOptions, choiceOption, defineCommand, numberOption } from '../shell/options';
import { assertNew } from '../shell/output-folder';
import { formatRows, style, Terminal } from '../shell/terminal';

interface ExportModelOptions extends CommonOptions, CheckpointOptions, Omit<OnnxOptions, 'overwrite'> {
  readonly format?: string;
}

/** What was written, for people and for programs. */
interface Exported {
  readonly lines: readonly string[];
  readonly rows: [string, string][];
  readonly event: object;
}

export function exportModelCommand(): Command {
  return defineCommand('export-model', 'export a network to another runtime: ONNX, PyTorch, Keras')
    .argument('<model>', 'folder of a run or a saved network')
    .argument('<out>', 'new file: .onnx, .keras, or .safetensors (with its PyTorch module, a .py file, beside it)')
    .addOption(
      choiceOption(
        '--format <name>',
        'format of the file (default: from its extension)',
        exportFormats.map(({ name }) => name),
      ),
    )
    .addOption(
      choiceOption(
        '--part <name>',
        'the whole network, the encoder (images to codes and masks), or the decoder (ONNX; default: network)',
        ['network', 'encoder', 'decoder'],
      ),
    )
    .addOption(
      choiceOption(
        '--unpooling <form>',
        'lowered to operators that every runtime has, or as the operator MaxUnpool (ONNX; default: lowered)',
        ['lowered', 'operator'],
      ),
    )
    .addOption(
      numberOption('--opset <n>', 'version of the operator set (ONNX; default: 17)', {
        min: 13,
        max: 21,
        integer: true,
      }),
    )
    .addOption(
      choiceOption('--channel-order <name>', 'channel order of the input images (ONNX; default: rgb)', ['rgb', 'bgr']),
    )
    .addOption(
      choiceOption('--pixel-type <name>', 'type of the input images, 0 to 255 (ONNX; default: float32)', [
        ...['float32', 'uint8'],
      ]),
    )
    .addOption(checkpointOption())
    .action(runExportModel);
}

async function runExportModel(modelPath: string, output: string, options: ExportModelOptions): Promise<void> {
  const terminal = new Terminal(options);
  const { format: wanted, checkpoint, json: _, verbose: __, ...own } = options;
  const format = formatOf(exportFormats, output, wanted);
  checkFormatOptions(format, exportFormats, { ...own });
  await assertNew(output);
  const found = await findModel(modelPath, checkpoint);
  // Weights are read, but nothing is computed: the engine that is always available will do.
  await startEngine({ backend: 'wasm', threads: 1 }, terminal);
  const network = await loadNetwork(found, terminal);
  terminal.status(`writing ${output} ...`);
  const { lines, rows, event } = await writingTo(output, () => writers[format.name](network, output, own));
  terminal.status('');
  network.dispose();
  terminal.event({ output, model: found.model, format: format.name, ...event });
  for (const line of lines) terminal.print(line);
  terminal.print(formatRows(rows));
}

type Writer = (network: Autoencoder, output: string, options: OnnxOptions) => Promise<Exported>;

/** By format name. */
const writers: Readonly<Record<(typeof exportFormats)[number]['name'], Writer>> = {
  async onnx(network, output, options) {
    const { exportOnnx } = await import('@ae/autoencoder/interchange');
    const defaults = { part: 'network', unpooling: 'lowered', opset: 17, channelOrder: 'rgb', pixelType: 'float32' };
    const event = { ...defaults, ...options } as Required<OnnxOptions>;
    await exportOnnx(network, output, event);
    const { part, opset, channelOrder, pixelType } = event;
    const order = network.inputShape[2] >= 3 ? `, ${channelOrder}` : '';
    const images = `${pixelType} [N, ${network.inputShape[2]}, height, width] ${sizeOf(network)}, 0 to 255${order}`;
    return {
      lines: [`${style('bold', output)}: the ${part} as ONNX, opset ${opset}`],
      rows: [['images', images]],
      event,
    };
  },
  async pytorch(network, output) {
    const { exportPyTorch } = await import('@ae/autoencoder/interchange');
    const module = await exportPyTorch(network, output);
    const [, , channels] = network.inputShape;
    const order = channels >= 3 ? ', rgb' : '';
    return {
      lines: [
        `${style('bold', output)}: the weights, under PyTorch's names`,
        `${style('bold', module)}: the network; it needs only torch`,
      ],
      rows: [['images', `float32 [N, ${channels}, height, width] ${sizeOf(network)}, 0 to 255${order}`]],
      event: { module },
    };
  },
  async keras(network, output) {
    const { exportKeras } = await import('@ae/autoencoder/interchange');
    if (!output.endsWith('.keras')) {
      const message = `${output}: Keras only opens files whose names end in .keras; choose such a name.`;
      throw new CliError('INVALID_OPTION', message);
    }
    await exportKeras(network, output);
    const { inputShape, pixels } = network;
    const order = inputShape[2] >= 3 ? `, ${pixels.channelOrder}` : '';
    return {
      lines: [`${style('bold', output)}: the network for Keras 3`],
      rows: [['images', `float32 [N, ${inputShape.join(', ')}], bytes times ${pixels.scale}${order}`]],
      event: { pixels },
    };
  },
};

function sizeOf({ takesAnySize, inputShape: [height, width] }: Autoencoder): string {
  return takesAnySize ? 'of any size' : `of ${height}x${width}`;
}
