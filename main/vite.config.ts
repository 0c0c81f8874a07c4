import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

const root = `${import.meta.dirname}/..`;

/** The code that applies the store's migrations looks for them beside itself: here, beside the bundle. */
const migrations: Plugin = {
  name: 'migrations',
  generateBundle() {
    const folder = `${root}/core/store/migrations`;
    for (const fileName of readdirSync(folder).filter((name) => name.endsWith('.sql'))) {
      this.emitFile({ type: 'asset', fileName, source: readFileSync(`${folder}/${fileName}`) });
    }
  },
};

/** The index looks for its WebAssembly beside the bundle too. */
const kernel: Plugin = {
  name: 'kernel',
  generateBundle() {
    const fileName = 'scan8.wasm';
    this.emitFile({ type: 'asset', fileName, source: readFileSync(`${root}/core/matching/${fileName}`) });
  },
};

export default defineConfig({
  plugins: [migrations, kernel],
  build: {
    // For Node: dependencies stay in node_modules.
    ssr: true,
    target: 'node24',
    outDir: `${root}/dist/main`,
    emptyOutDir: true,
    copyPublicDir: false,
    rolldownOptions: {
      input: {
        electron: `${root}/main/electron.ts`,
        browser: `${root}/main/browser.ts`,
        // Files of their own, because worker threads start from them.
        'recognition-worker': `${root}/core/recognition/recognition-worker.ts`,
        'scan-worker': `${root}/core/matching/scan-worker.ts`,
      },
      // All in one folder: modules find the worker and the migrations beside themselves.
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
    },
  },
});
