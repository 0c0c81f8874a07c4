export { decodeImage, type DecodedImage } from './decode.ts';
export { cutOutFace } from './face-image.ts';
export { estimateHeadPose, type HeadPose } from './head-pose.ts';
export { Pipeline } from './pipeline.ts';
export { NETWORK_FAMILIES, type OwnEmbedder } from './own-embedder.ts';
export { tryNetwork, type TriedNetwork } from './own-network.ts';
export { PRINT_SIDE } from './print.ts';
export { measureFace, rateQuality, type FaceMeasurements, type SpoilingFinding } from './quality.ts';
export {
  ADVICE_GATE,
  checkGate,
  ENROLMENT_GATE,
  RECOGNITION_GATE,
  VISIT_GATE,
  type QualityGate,
} from './quality-gate.ts';
export {
  FACE_REGIONS,
  measureRegions,
  toLinear,
  type Colour,
  type FaceRegion,
  type RegionColours,
} from './region-colours.ts';
export { problemOf, requireFace, whyNobody } from './require-face.ts';
export { createRecognizer, inspectNetworks, modelIdOf, type RecognizerOptions } from './recognizer.ts';
export { NETWORK_SETS } from './sets.ts';
export { appearanceOf } from './appearance.ts';
export { judgeWith, spoilingFeatures, type JudgeSpoiling, type SpoilingEvidence } from './spoiling.ts';
export * from './types.ts';
export * from './analysis.ts';
