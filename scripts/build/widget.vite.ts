import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';
import { ROOT } from '../setup/paths.ts';

/** MediaPipe's WebAssembly lies beside the frame: a server that was installed without tools to build serves it too. */
const mediapipe: Plugin = {
  name: 'mediapipe',
  generateBundle() {
    const folder = `${ROOT}/node_modules/@mediapipe/tasks-vision/wasm`;
    for (const name of readdirSync(folder)) {
      this.emitFile({
        type: 'asset',
        fileName: `mediapipe/wasm/${name}`,
        source: readFileSync(`${folder}/${name}`),
      });
    }
  },
};

/** The frame that the widget opens in web pages. */
export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [mediapipe],
  // The content security policy takes workers from files only.
  worker: { format: 'es' },
  build: {
    outDir: '../../dist/widget',
    emptyOutDir: true,
    target: ['chrome111', 'firefox128', 'safari17'],
    modulePreload: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
});
