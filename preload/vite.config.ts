import { defineConfig } from 'vite';

const root = `${import.meta.dirname}/..`;

/** One CommonJS file: a sandboxed preload cannot load a second. */
export default defineConfig({
  build: {
    ssr: true,
    target: 'chrome140',
    outDir: `${root}/dist/preload`,
    emptyOutDir: true,
    copyPublicDir: false,
    rolldownOptions: {
      input: { index: `${root}/preload/index.ts` },
      external: ['electron'],
      output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
    },
  },
});
