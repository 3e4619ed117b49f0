import type { CutNetwork } from '../network-plan';
import { windowsOf } from '../window-geometry';
import { method } from './python-method';

/** Masks without information, which variational networks are trained with. */
export function fixedMasks({ masks }: CutNetwork): string {
  const lines = masks.map((mask) => {
    const { strides, padding, inputSize, outputSize, size } = windowsOf(mask);
    const itself = padding.every(([before, after], axis) => before === after && 2 * before <= size[axis]);
    const before = padding.map(([count]) => count);
    const width = inputSize[1] + (itself ? 0 : padding[1][0] + padding[1][1]);
    const places = [0, 1].map((axis) => {
      const shift = itself && before[axis] > 0 ? ` - ${before[axis]}` : '';
      const least = before[axis] > 0 ? `.clamp(min=${itself ? 0 : before[axis]})` : '';
      const line = `torch.arange(${outputSize[axis]}, device=device) * ${strides[axis]}${shift}`;
      return least ? `(${line})${least}` : line;
    });
    const channels = (mask.shape as number[])[3];
    return `(${places[0]}, ${places[1]}, ${width}, ${channels}),`;
  });
  return method(
    'fixed_masks',
    '(self, count: int) -> list[Tensor]',
    'Returns masks without information about an image: each maximum is at the first position of its window.',
    [
      'device = next(self.parameters()).device',
      'windows = [  # rows, columns, width of the image, channels',
      ...lines.map((line) => `    ${line}`),
      ']',
      'places = [(rows.unsqueeze(1) * width + columns, channels) for rows, columns, width, channels in windows]',
      'return [place.expand(count, channels, -1, -1) for place, channels in places]',
    ],
  );
}
