export { decodeImage, type DecodedImage } from './decode.ts';
export { PRINT_SIDE } from './passive.ts';
export { Pipeline } from './pipeline.ts';
export { measureFace, rateQuality, type FaceMeasurements } from './quality.ts';
export { checkGate, ENROLMENT_GATE, RECOGNITION_GATE, type QualityGate } from './quality-gate.ts';
export { estimateHeadPose, type HeadPose } from './head-pose.ts';
export { createRecognizer, type RecognizerOptions } from './recognizer.ts';
export * from './types.ts';
