export { findTurn, uprightStill } from './mounting.ts';
export { takeStill } from './still.ts';
export { listVideoDevices, type SystemFolders, type VideoDevice } from './video-devices.ts';
export {
  CAMERA_WORDS,
  createCameraWatch,
  keepFake,
  readFake,
  requireNoFake,
  type CameraWatch,
  type CameraWatchOptions,
} from './watch.ts';
