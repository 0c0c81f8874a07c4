export { createLog, type Log } from './log.ts';
export { modelChoiceOption, modelsOption } from './models-option.ts';
