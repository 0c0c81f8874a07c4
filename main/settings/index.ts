export { retentionSchedule, type RetentionLine } from './retention-schedule.ts';
export { consentNow } from './consent-now.ts';
export { openSettings, type SettingsStore } from './settings.ts';
export { requireAllowed } from './require-allowed.ts';
