import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

const root = `${import.meta.dirname}/..`;

/** The store looks for its migrations beside the bundle. */
const migrations: Plugin = {
  name: 'migrations',
  generateBundle() {
    const folder = `${root}/core/store/migrations`;
    for (const name of readdirSync(folder)) {
      this.emitFile({
        type: 'asset',
        fileName: `migrations/${name}`,
        source: readFileSync(`${folder}/${name}`),
      });
    }
  },
};

export default defineConfig({
  plugins: [migrations],
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
        // A file of its own, because a worker thread starts from it.
        'recognition-worker': `${root}/core/recognition/recognition-worker.ts`,
      },
      // All in one folder: modules find the worker and the migrations beside themselves.
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
    },
  },
});
