export { realeyes, type RealeyesOptions } from './plugin.ts';
