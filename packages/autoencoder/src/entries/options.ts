/**
 * `@ae/autoencoder/options`: the options of training and networks as plain data, and the checks of their values. It does not load
 * TensorFlow.
 */
export { isInRange, type NumberRange, rangeInWords } from '../errors/errors';
export type {
  AnyOption,
  Choice,
  ChoiceOption,
  GroupOption,
  NumberOption,
  OptionTable,
  Problem,
  StepsOption,
  SwitchOption,
  ValueOf,
  ValuesOf,
  WordOption,
} from '../errors/option-kinds';
export { networkOptions } from '../network/options';
export {
  type AugmentationOptions,
  type EarlyStoppingOptions,
  type LossName,
  type LossOptions,
  type OptimizerName,
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
export { type ScheduleChoice, type ScheduleOptions, type SchedulePolicy, schedules } from '../training/schedules';
export type { RecordOptions } from '../training/stochastic-gradient';
