export { Devices, type Joined } from './devices.ts';
