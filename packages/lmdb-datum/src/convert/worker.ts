/** Entry of the worker threads that convert images. Short imports start as many threads as long ones, so it imports little. */
import { imageKernels } from '@ae/images/threads';
import { serve } from '../threads/worker-port';
import { type Chunk, convertChunk, toReply } from './chunk';
import type { ConvertPlan } from './options';

serve((plan: ConvertPlan) => async (chunk: Chunk) => {
  const converted = await convertChunk(chunk, plan);
  return converted ? toReply(converted, chunk) : { response: undefined, transfer: [] };
});

// While the thread waits for its first message.
imageKernels();
