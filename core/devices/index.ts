export { Devices } from './devices.ts';
