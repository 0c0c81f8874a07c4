import { defineConfig } from 'vite';

/** The page that plays recorded clips for the evaluation. It is no part of the product. */
export default defineConfig({
  base: './',
  publicDir: false,
  build: {
    outDir: '../../.cache/player',
    emptyOutDir: true,
    target: 'chrome130',
    modulePreload: false,
    chunkSizeWarningLimit: 1000,
  },
});
