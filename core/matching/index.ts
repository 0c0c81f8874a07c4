export { AdaptiveIndex, type TemplateSource } from './adaptive-index.ts';
export { createCalibration, loadCalibration, type Calibration } from './calibration.ts';
export {
  drawPeople,
  fitCalibration,
  fitPairs,
  MAX_TEMPLATES,
  MIN_PEOPLE,
  percentileInterval,
  type FitOptions,
  type LabelledTemplate,
} from './calibration-fit.ts';
export { describeGroups, fitGroups, type GroupsCalibration } from './calibration-groups.ts';
export { describeTable } from './describe-table.ts';
export { ExactIndex, exactIndexBytes } from './exact-index.ts';
export { readGroups, type GroupOf } from './groups-file.ts';
export { HnswIndex } from './hnsw-index.ts';
export { ImpostorPairs, type Quantile } from './impostor-pairs.ts';
export { matchLevel } from './match-level.ts';
export { exactProportion, type Proportion } from './proportion.ts';
export { Recent } from './recent.ts';
export { seeded, shuffled } from './seeded.ts';
export {
  AUTOMATIC_LIFT,
  countDiffering,
  decideIdentity,
  FALSE_DUPLICATE_RATE,
  fuse,
  isCopy,
  isWorthLearning,
  CLEAR_MARGIN,
  STILLS_CAUTION,
  MARGIN,
  verificationSimilarity,
  type Candidate,
  type ComparedReference,
  type Policy,
  type Identity,
} from './policy.ts';
export { assertTemplate, atUnitLength, isTemplate, similarity } from './template.ts';
export {
  createTemplateProtection,
  PROTECTION_KEY_BYTES,
  type TemplateProtection,
} from './template-protection.ts';
export type { Neighbour, TemplateIndex } from './template-index.ts';
