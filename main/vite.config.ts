import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
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

/** Index and pictures look for their WebAssembly beside the bundle too. */
const kernels: Plugin = {
  name: 'kernels',
  generateBundle() {
    for (const path of ['core/matching/scan8.wasm', 'core/recognition/pixels.wasm']) {
      this.emitFile({ type: 'asset', fileName: basename(path), source: readFileSync(`${root}/${path}`) });
    }
  },
};

export default defineConfig({
  plugins: [migrations, kernels],
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
        'watchdog-thread': `${root}/main/process/watchdog-thread.ts`,
      },
      // All in one folder: modules find the worker and the migrations beside themselves.
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
    },
  },
});
