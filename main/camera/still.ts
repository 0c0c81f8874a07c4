import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import NodeWebcam from 'node-webcam';
import { LintelError } from '#contract';

/** Memory, never a disk: the picture has to pass through a file because fswebcam only writes files. */
const MEMORY_DIR = '/dev/shm';

/** node-webcam puts its options into a shell command: only this and constants may reach it. */
const DEVICE = /^(?:\/dev\/video[0-9]{1,2}|test)$/;

/**
 * `timeout` ends an fswebcam that waits for a busy device: node-webcam has no way to. The first frames of most cameras
 * are dark, exposure settles while they are skipped.
 */
const PROGRAM = 'timeout --kill-after=1 15 fswebcam --skip 10';

/**
 * Takes one picture with a camera of this machine, without a screen.
 * @param device `/dev/videoN`, or `test` for fswebcam's own test picture
 * @returns an encoded JPEG, 1280x720 or what comes closest to it on this camera
 * @throws LintelError `usage` for another device name, `camera-unavailable` with what to do about it
 */
export async function takeStill(device = '/dev/video0'): Promise<Uint8Array> {
  if (!DEVICE.test(device)) throw new LintelError('usage', 'A camera is named /dev/video0, /dev/video1, ...');
  const dir = await mkdtemp(join(MEMORY_DIR, 'lintel-still-')).catch((error: unknown) => {
    throw new LintelError('camera-unavailable', `Taking pictures needs ${MEMORY_DIR} (tmpfs).`, {
      cause: error,
    });
  });
  try {
    const path = join(dir, 'still.jpg');
    await capture(device, path);
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw new LintelError('camera-unavailable', advice(error, device), { cause: error });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function capture(device: string, path: string): Promise<void> {
  const camera = NodeWebcam.create({
    device,
    width: 1280,
    height: 720,
    quality: 95,
    output: 'jpeg',
    callbackReturn: 'location',
    saveShots: false,
  });
  Object.defineProperty(camera, 'bin', { value: PROGRAM });
  return new Promise((resolve, reject) => {
    camera.capture(path, (error) => (error ? reject(error) : resolve()));
  });
}

/** A shell answers 127 for a program it cannot find. */
const advice = (error: unknown, device: string): string =>
  error instanceof Error && 'code' in error && error.code === 127
    ? 'Install fswebcam (on Debian: apt install fswebcam).'
    : `Is a camera connected as ${device}, free, and may this user read it (group video)?`;
