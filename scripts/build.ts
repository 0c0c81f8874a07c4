import { ALL_TARGETS, build } from './build/build.ts';

/** `npm run build`: bundles the screen, the main process and the preload into `dist/`. */
await build(ALL_TARGETS);
