import type { VideoDevice } from '../../main/camera/index.ts';
import { runBrowserShell } from '../../main/shell/run-browser-shell.ts';

/** The program of the browser shell on a machine with one camera: of what a test browser shows, no kernel knows. */

const CAMERA: VideoDevice = {
  node: 'video0',
  name: 'Test camera',
  identity: { name: 'Test camera', vendor: '0001', product: '0002', serial: '3', path: '1-1' },
  isVirtual: false,
};

await runBrowserShell(async () => [CAMERA]);
