import { defineConfig } from 'vite';

/** The page that shows each screen of a visitor, for the tests. It is no part of the product. */
export default defineConfig({
  base: './',
  publicDir: false,
  build: {
    outDir: '../../.cache/gallery',
    emptyOutDir: true,
    target: 'chrome130',
    modulePreload: false,
    chunkSizeWarningLimit: 1000,
  },
});
