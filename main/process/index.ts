export { endsWithUs } from './ends-with-us.ts';
export { createLog, type Log } from './log.ts';
export { modelChoiceOption, modelsOption } from './models-option.ts';
export { notifyPlaceIn } from './tell-systemd.ts';
export { startWatchdog } from './watchdog.ts';
