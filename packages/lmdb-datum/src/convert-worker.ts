/** Entry of the worker threads that convert images. Threads of short imports start as often as they convert, so it imports little. */
import { type Chunk, convertChunk, toReply } from './convert-chunk';
import type { ConvertPlan } from './convert-options';
import { serve } from './worker-port';

serve((plan: ConvertPlan) => async (chunk: Chunk) => {
  const converted = await convertChunk(chunk, plan);
  return converted ? toReply(converted, chunk) : { response: undefined, transfer: [] };
});
