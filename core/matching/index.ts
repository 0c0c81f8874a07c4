export { AdaptiveIndex, type TemplateSource } from './adaptive-index.ts';
export { createCalibration, loadCalibration, type Calibration } from './calibration.ts';
export { ExactIndex } from './exact-index.ts';
export { HnswIndex } from './hnsw-index.ts';
export { assertTemplate, similarity } from './template.ts';
export type { Neighbour, TemplateIndex } from './template-index.ts';
