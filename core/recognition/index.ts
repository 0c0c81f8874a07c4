export { decodeImage, type DecodedImage } from './decode.ts';
export { cutOutFace } from './face-image.ts';
export { Pipeline } from './pipeline.ts';
export { measureFace, rateQuality, type FaceMeasurements } from './quality.ts';
export { checkGate, ENROLMENT_GATE, RECOGNITION_GATE, type QualityGate } from './quality-gate.ts';
export { createRecognizer, modelIdOf, type RecognizerOptions } from './recognizer.ts';
export { NETWORK_SETS } from './sets.ts';
export * from './types.ts';
