import type { layers } from '@tensorflow/tfjs-layers';
import type { PythonHelper } from './python-helpers';
import type { TorchTensor } from './torch-tensors';

/** Names reserved by modules of PyTorch, by the program's own methods and by Python. */
const reserved: ReadonlySet<string> = new Set([
  ...['False', 'None', 'True', 'and', 'as', 'assert', 'async', 'await', 'break', 'class', 'continue', 'def', 'del'],
  ...['elif', 'else', 'except', 'finally', 'for', 'from', 'global', 'if', 'import', 'in', 'is', 'lambda', 'nonlocal'],
  ...['not', 'or', 'pass', 'raise', 'return', 'try', 'while', 'with', 'yield', 'self'],
  ...['add_module', 'apply', 'bfloat16', 'buffers', 'call_super_init', 'children', 'compile', 'cpu', 'cuda', 'double'],
  ...['dump_patches', 'eval', 'extra_repr', 'float', 'forward', 'get_buffer', 'get_extra_state', 'get_parameter'],
  ...['get_submodule', 'half', 'ipu', 'load_state_dict', 'modules', 'mtia', 'named_buffers', 'named_children'],
  ...['named_modules', 'named_parameters', 'parameters', 'register_backward_hook', 'register_buffer'],
  ...['register_forward_hook', 'register_forward_pre_hook', 'register_full_backward_hook', 'register_module'],
  ...['register_full_backward_pre_hook', 'register_load_state_dict_post_hook', 'register_parameter'],
  ...['register_load_state_dict_pre_hook', 'register_state_dict_post_hook', 'register_state_dict_pre_hook'],
  ...['requires_grad_', 'set_extra_state', 'set_submodule', 'share_memory', 'state_dict', 'to', 'to_empty', 'train'],
  ...['training', 'type', 'xpu', 'zero_grad'],
  ...['block', 'decode', 'distribution', 'encode', 'fixed_masks', 'metadata', 'postprocess', 'preprocess'],
  'reconstruct',
]);

/** Collects what a module of PyTorch declares: its parts, the tensors of its state, and the helpers that it calls. */
export class ModuleWriter {
  /** Lines of `__init__`. */
  readonly declarations: string[] = [];
  readonly tensors: TorchTensor[] = [];
  readonly helpers = new Set<PythonHelper>();
  /** For a variational network: expressions for the mean of its code and the logarithm of its variance. */
  distribution?: { readonly mean: string; readonly logVariance: string };
  readonly #names = new Map<layers.Layer, string>();
  readonly #taken = new Set<string>();
  readonly #declared = new Set<string>();

  /** Returns the name of a layer in Python. */
  nameOf(layer: layers.Layer): string {
    const known = this.#names.get(layer);
    if (known !== undefined) return known;
    const name = this.free(layer.name);
    this.#names.set(layer, name);
    return name;
  }

  /** Returns a free name, similar to the given one and valid in Python. */
  free(wanted: string): string {
    const plain = wanted.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|_)/, 'layer');
    let name = reserved.has(plain) ? `${plain}_layer` : plain;
    for (let n = 2; this.#taken.has(name); n++) name = `${plain}_${n}`;
    this.#taken.add(name);
    return name;
  }

  /** Declares a part of the module, unless it has been declared; `tensors` are those of its state. */
  declare(name: string, text: string, tensors: readonly TorchTensor[], { isFrozen = false } = {}): void {
    if (this.#declared.has(name)) return;
    this.#declared.add(name);
    this.declarations.push(`self.${name} = ${text}`);
    if (isFrozen && tensors.length > 0) this.declarations.push(`self.${name}.requires_grad_(False)`);
    this.tensors.push(...tensors);
  }

  /** Records that a helper is called, and returns its name. */
  call(helper: PythonHelper): string {
    this.helpers.add(helper);
    return helper;
  }
}
