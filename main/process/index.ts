export { endsWithUs } from './ends-with-us.ts';
export { createLog, type Log } from './log.ts';
export { modelChoiceOption, modelsOption } from './models-option.ts';
export { startWatchdog, systemdOf } from './watchdog.ts';
