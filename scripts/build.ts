import { ALL_TARGETS, build, type Target } from './build/build.ts';

/** `npm run build`: bundles the screen, the main process, the preload and the widget into `dist/`, or what is named. */
const named = ALL_TARGETS.filter((target: Target) => process.argv.includes(target));
await build(named.length > 0 ? named : ALL_TARGETS);
