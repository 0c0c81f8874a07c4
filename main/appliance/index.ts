export { openAppliance, type Appliance, type ApplianceOptions } from './appliance.ts';
export type { KioskConnection } from './connection.ts';
export type { Emit } from './screens.ts';
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
