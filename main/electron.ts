import { join } from 'node:path';
import { app } from 'electron';
import { createLog } from './process/index.ts';
import { runElectronShell } from './shell/electron-shell.ts';
import { layoutOf, parseShellOptions } from './shell/options.ts';

// Only ever runs bundled, as dist/main/electron.js.
const root = join(import.meta.dirname, '../..');
const options = parseShellOptions(join(app.getPath('userData'), 'appliance'), 'electron');
const layout = layoutOf(root, app.isPackaged ? process.resourcesPath : null);

// Not awaited: the app only becomes ready once this module has been evaluated.
void runElectronShell({
  dataDir: options.data,
  layout: options.modelsDir === undefined ? layout : { ...layout, modelsDir: options.modelsDir },
  set: options.models,
  forgetPin: options.resetPin ?? false,
  fakeCamera: options.fakeCamera ?? false,
  preload: join(root, 'dist/preload/index.cjs'),
  version: app.getVersion(),
  log: createLog(),
});
