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
export { referencesFrom, type ReferenceOptions } from './people.ts';
