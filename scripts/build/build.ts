import { globSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build as viteBuild } from 'vite';
import { ROOT, say } from '../setup/paths.ts';

/** What is bundled: its Vite configuration, the file that proves a finished build, and what it is made from. */
const TARGETS = {
  renderer: {
    root: 'renderer',
    config: 'renderer/vite.config.ts',
    output: 'dist/renderer/index.html',
    sources: ['renderer/**/*', 'contract/*.ts', 'package-lock.json'],
  },
  main: {
    root: '.',
    config: 'main/vite.config.ts',
    output: 'dist/main/electron.js',
    sources: ['main/**/*.ts', 'core/**/*', 'contract/*.ts', 'package-lock.json'],
  },
  preload: {
    root: '.',
    config: 'preload/vite.config.ts',
    output: 'dist/preload/index.cjs',
    sources: ['preload/*.ts', 'contract/*.ts', 'package-lock.json'],
  },
  /** The frame of the widget for web pages, */
  widget: {
    root: 'renderer/widget',
    config: 'scripts/build/widget.vite.ts',
    output: 'dist/widget/index.html',
    sources: ['renderer/**/*', 'contract/*.ts', 'package-lock.json'],
  },
  /** and the script that opens it, which the frame's build removes. */
  embed: {
    root: 'renderer/widget',
    config: 'renderer/widget/embed.config.ts',
    output: 'dist/widget/widget.js',
    sources: ['renderer/widget/*', 'contract/*.ts', 'package-lock.json'],
  },
  /** For the evaluation only. */
  player: {
    root: 'renderer/player',
    config: 'renderer/player/vite.config.ts',
    output: '.cache/player/index.html',
    sources: ['renderer/{player,camera,guidance,liveness}/*', 'package-lock.json'],
  },
  /** For the tests and the pictures of the screens only. */
  gallery: {
    root: 'renderer/gallery',
    config: 'renderer/gallery/vite.config.ts',
    output: '.cache/gallery/index.html',
    sources: ['renderer/**/*', 'contract/*.ts', 'package-lock.json'],
  },
} as const;

export type Target = keyof typeof TARGETS;
/** What the product is made of. */
export const ALL_TARGETS = ['renderer', 'main', 'preload', 'widget', 'embed'] as const satisfies Target[];

/** Bundles the targets that are older than what they are made from. */
export async function build(targets: readonly Target[]): Promise<void> {
  for (const name of targets) {
    const { root, config, output, sources } = TARGETS[name];
    if (isFresh(output, sources)) continue;
    say(`Building ${name} …`);
    await viteBuild({ root: join(ROOT, root), configFile: join(ROOT, config), logLevel: 'warn' });
  }
}

function isFresh(output: string, sources: readonly string[]): boolean {
  const built = join(ROOT, output);
  if (!existsSync(built)) return false;
  const { mtimeMs } = statSync(built);
  return globSync(sources, { cwd: ROOT }).every((file) => statSync(join(ROOT, file)).mtimeMs <= mtimeMs);
}
