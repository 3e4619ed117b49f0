/** Native TensorFlow: installs it, checks it and measures it. */
export { checkTensorflow, measureTraining } from '../autoencoder/check-engine';
export {
  type InstallStep,
  type InstallTensorflowOptions,
  installTensorflow,
  removeTensorflow,
} from '../engines/native/install';
export {
  defaultTensorflowCache,
  findInstallation,
  type NativePackage,
  type TensorflowCheck,
  type TensorflowInstallation,
} from '../engines/native/installation';
export type { Wheel } from '../engines/native/wheel';
export type { NativeOptions } from '../engines/native-tensorflow';
