export {
  openAppliance,
  type Appliance,
  type ApplianceOptions,
  type Emit,
  type KioskConnection,
} from './appliance.ts';
export {
  openEngine,
  openRecognition,
  weightsDirOf,
  type Engine,
  type EngineOptions,
  type RecognitionOptions,
} from './engine.ts';
export type { OpenModel, Recognition, Serve, Serving } from './models.ts';
export { writeOwnCalibration } from './own-calibration.ts';
