import { CHALLENGE_STEPS } from '#contract';
import { createLog } from '../../server/log.ts';
import { sharedRecognizer } from './networks.ts';

/** Options of a server inside the test's own process, on a free port, besides its installation. */
export const SERVER_OPTIONS = {
  host: '127.0.0.1',
  port: 0,
  models: 'default',
  imageUrl: 'on',
  keepImages: 'until-embedded',
  rateLimit: 1000,
  swagger: 'on',
  registration: 'on',
  keepAuditDays: 1,
  epochDays: 1,
  widgetSteps: CHALLENGE_STEPS,
  widgetStepSeconds: 8,
  log: createLog('silent'),
  openRecognizer: sharedRecognizer,
} as const;
