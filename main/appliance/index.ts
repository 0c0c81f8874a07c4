export { openAppliance, type Appliance, type ApplianceOptions } from './appliance.ts';
export type { KioskConnection } from './connection.ts';
export type { Emit } from './screens.ts';
export {
  modelFrom,
  openEngine,
  openOwnRecognizer,
  openRecognition,
  weightsDirOf,
  type Engine,
  type EngineOptions,
  type OpenNetworks,
  type RecognitionOptions,
} from './engine.ts';
export type { OpenModel, Recognition, Serve, Serving } from './models.ts';
export { readOwnCalibration, writeOwnCalibration } from './own-calibration.ts';
