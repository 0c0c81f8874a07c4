export { createRecorder, type Record } from './recorder.ts';
export { applyRetention, startRetention } from './retention.ts';
