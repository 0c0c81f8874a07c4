import { defineConfig } from 'vite';

/** `widget.js`: one classic script, beside the frame that it opens. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: '../../dist/widget',
    emptyOutDir: false,
    copyPublicDir: false,
    target: 'es2020',
    lib: { entry: 'embed.ts', formats: ['iife'], name: 'FaceAuthWidget', fileName: () => 'widget.js' },
  },
});
