import type { Command } from 'commander';
import { startEngine } from '../network/engine';
import { findModel } from '../network/find-model';
import { type CheckpointOptions, checkpointOption, loadNetwork } from '../network/load-network';
import { type CommonOptions, choiceOption, defineCommand, numberOption } from '../shell/options';
import { assertNew } from '../shell/output-folder';
import { formatRows, style, Terminal } from '../shell/terminal';

interface ExportModelOptions extends CommonOptions, CheckpointOptions {
  readonly part: 'network' | 'encoder' | 'decoder';
  readonly unpooling: 'lowered' | 'operator';
  readonly opset: number;
  readonly channelOrder: 'rgb' | 'bgr';
  readonly pixelType: 'float32' | 'uint8';
}

export function exportModelCommand(): Command {
  return defineCommand('export-model', 'write a network for another runtime, as ONNX')
    .argument('<model>', 'folder of a run or of a saved network')
    .argument('<out.onnx>', 'new file')
    .addOption(
      choiceOption('--part <name>', 'all of it, images to codes and masks, or those to images', [
        ...['network', 'encoder', 'decoder'],
      ]).default('network'),
    )
    .addOption(
      choiceOption('--unpooling <form>', 'with operators that every runtime has, or as the operator MaxUnpool', [
        ...['lowered', 'operator'],
      ]).default('lowered'),
    )
    .addOption(numberOption('--opset <n>', 'version of the operators', { min: 13, max: 21, integer: true }).default(17))
    .addOption(choiceOption('--channel-order <name>', 'colors of the images that go in', ['rgb', 'bgr']).default('rgb'))
    .addOption(
      choiceOption('--pixel-type <name>', 'type of the images, 0 to 255', ['float32', 'uint8']).default('float32'),
    )
    .addOption(checkpointOption())
    .action(runExportModel);
}

async function runExportModel(modelPath: string, output: string, options: ExportModelOptions): Promise<void> {
  const terminal = new Terminal(options);
  await assertNew(output);
  const found = await findModel(modelPath, options.checkpoint);
  // Nothing is computed but weights are read: the engine that is always there does.
  await startEngine({ backend: 'wasm', threads: 1 }, terminal);
  const network = await loadNetwork(found, terminal);
  const { part, unpooling, opset, channelOrder, pixelType } = options;
  const { exportOnnx } = await import('@ae/autoencoder/interchange');
  terminal.status(`writing ${output} ...`);
  await exportOnnx(network, output, { part, unpooling, opset, channelOrder, pixelType });
  terminal.status('');
  const { takesAnySize, inputShape } = network;
  network.dispose();
  terminal.event({ output, model: found.model, format: 'onnx', part, unpooling, opset, channelOrder, pixelType });
  const [height, width, channels] = inputShape;
  const size = takesAnySize ? 'of any size' : `of ${height}x${width}`;
  const order = channels >= 3 ? `, ${channelOrder}` : '';
  terminal.print(`${style('bold', output)}: the ${part} as ONNX, opset ${opset}`);
  terminal.print(formatRows([['images', `${pixelType} [N, ${channels}, height, width] ${size}, 0 to 255${order}`]]));
}
