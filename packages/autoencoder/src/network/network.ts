import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { PixelFormat } from '../data/pixels';
import type { ImageShape } from '../data/samples';
import type { Coder } from './masks';

/** What training needs to know of the model it trains; a variational one also in its two halves. */
export interface TrainableModel extends Partial<Coder> {
  readonly model: LayersModel;
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  /** Where the network and its weights come from: plain data for a run's config.json. */
  readonly origin?: Readonly<Record<string, unknown>>;
}
