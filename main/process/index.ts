export { createLog, type Log } from './log.ts';
export { modelsOption } from './models-option.ts';
