import { defineConfig } from 'vite';

export default defineConfig({
  // Both shells serve the files from wherever they like.
  base: './',
  publicDir: false,
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: 'chrome130',
    // The content security policy allows no inline scripts; small assets stay files.
    modulePreload: false,
    assetsInlineLimit: 0,
    // MediaPipe's bundle and Zod are most of it, and load from the same machine.
    chunkSizeWarningLimit: 1000,
  },
});
