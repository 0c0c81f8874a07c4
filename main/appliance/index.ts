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
  type Recognition,
  type RecognitionOptions,
} from './engine.ts';
export { writeOwnCalibration } from './own-calibration.ts';
export { referencesFrom } from './people.ts';
