export { examine, type Finding } from './doctor.ts';
