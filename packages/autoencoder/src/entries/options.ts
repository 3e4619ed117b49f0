/** `@ae/autoencoder/options`: what training and networks can be told, as plain data, and its checks. It loads no TensorFlow. */
export { isInRange, type NumberRange, rangeInWords } from '../errors';
export { networkOptions } from '../network/options';
export { coefficientsFor } from '../network/transform/block-plan';
export type { AnyOption, ChoiceOption, OptionTable } from '../option-kinds';
export {
  type AugmentationOptions,
  type LossOptions,
  type OptimizerOptions,
  runOptions,
  trainingOptions,
} from '../training/options';
export {
  type NamedRecipe,
  type Recipe,
  type RecipeName,
  recipeFor,
  recipeKeys,
  recipes,
  resolveRecipe,
} from '../training/recipes';
export { type ScheduleOptions, schedules } from '../training/schedules';
