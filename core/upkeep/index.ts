export { isClockDoubted, isClockPlausible, requirePlausibleClock, sinceBootMs, trustClock } from './clock.ts';
export { keepEpochs } from './epochs.ts';
export { listenAt } from './listening.ts';
export { startPeriodic } from './periodic.ts';
export { createRecorder, type Record } from './recorder.ts';
export { applyRetention, startRetention, watchForDamage } from './retention.ts';
export { eraseUnseen } from './unseen.ts';
