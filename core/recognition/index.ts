export { decodeImage, type DecodedImage } from './decode.ts';
export { estimateHeadPose, type HeadPose } from './head-pose.ts';
export { Pipeline } from './pipeline.ts';
export { createRecognizer, type RecognizerOptions } from './recognizer.ts';
export * from './types.ts';
