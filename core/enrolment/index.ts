export { keyOfName, nameOfKey } from './key-of-name.ts';
export { liveLookOf, looksLive } from './look-live.ts';
export { referenceFrom, type Admitted } from './reference-from.ts';
export { ENROLMENT_RULES, type EnrolmentRules } from './rules.ts';
