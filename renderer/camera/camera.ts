import { signal } from '@preact/signals';
import { chooseDevice, statusOfError } from './choice.ts';
import { type Mounting, upright } from './upright.ts';

/** `missing`: none connected. `lost`: there is one, but it gives no picture. Both heal by themselves. */
export type CameraStatus = 'starting' | 'live' | 'missing' | 'lost' | 'denied';

const RETRY_MS = 2000;
const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } } as const;

export const cameraStatus = signal<CameraStatus>('starting');
export const cameraStream = signal<MediaStream | null>(null);
/** Labels of the connected cameras. */
export const cameraLabels = signal<readonly string[]>([]);

let preferred: string | null = null;
let mounting: Mounting = { turn: 0, mirrored: false };
/** The camera's own stream, which {@link cameraStream} shows upright. */
let source: MediaStream | null = null;
/** Whether the camera is to be open. */
let isWanted = false;
let retry: ReturnType<typeof setTimeout> | undefined;
/** Counts openings: what an overtaken one still delivers is thrown away. */
let opening = 0;

async function listCameras(): Promise<MediaDeviceInfo[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const cameras = devices.filter((device) => device.kind === 'videoinput');
  cameraLabels.value = cameras.map((camera) => camera.label).filter((label) => label !== '');
  return cameras;
}

const stop = (stream: MediaStream | null): void => stream?.getTracks().forEach((track) => track.stop());

function release(): void {
  stop(source);
  stop(cameraStream.value);
  source = null;
  cameraStream.value = null;
}

/** The track of the camera itself, which knows its name and what it can do. */
export const cameraTrack = (): MediaStreamTrack | undefined => source?.getVideoTracks()[0];

const open = (deviceId: string | undefined): Promise<MediaStream> =>
  navigator.mediaDevices.getUserMedia({
    audio: false,
    video: deviceId ? { ...PICTURE, deviceId: { exact: deviceId } } : PICTURE,
  });

/** Labels are known only after the first permission: then the preferred camera may turn out to be another one. */
async function openPreferred(): Promise<MediaStream> {
  const stream = await open(chooseDevice(await listCameras(), preferred)?.deviceId);
  const wanted = chooseDevice(await listCameras(), preferred);
  if (preferred === null || !wanted || wanted.label === stream.getVideoTracks()[0]?.label) return stream;
  stop(stream);
  return open(wanted.deviceId);
}

function fail(status: CameraStatus): void {
  cameraStatus.value = status;
  clearTimeout(retry);
  retry = setTimeout(() => void restartCamera(), RETRY_MS);
}

/** Reports that the camera is open and delivers no pictures. It is then opened again. */
export const reportStall = (): void => fail('lost');

/** Opens the camera again, now. After a failure it keeps trying. */
async function restartCamera(): Promise<void> {
  const turn = ++opening;
  clearTimeout(retry);
  release();
  try {
    if ((await listCameras()).length === 0) {
      if (turn === opening) fail('missing');
      return;
    }
    const stream = await openPreferred();
    if (turn !== opening) {
      stop(stream);
      return;
    }
    const track = stream.getVideoTracks()[0];
    track?.addEventListener('ended', () => turn === opening && fail('lost'));
    track?.addEventListener('mute', () => turn === opening && fail('lost'));
    track?.addEventListener('unmute', () => {
      if (turn !== opening) return;
      clearTimeout(retry);
      cameraStatus.value = 'live';
    });
    source = stream;
    cameraStream.value = upright(stream, mounting);
    cameraStatus.value = 'live';
  } catch (error) {
    if (turn === opening) fail(statusOfError(error));
  }
}

/** Opens the camera with this label (null: the first one) and follows cameras that come and go. */
export function preferCamera(label: string | null, hangs: Mounting = { turn: 0, mirrored: false }): void {
  const isSame = label === preferred && hangs.turn === mounting.turn && hangs.mirrored === mounting.mirrored;
  if (isWanted && isSame) return;
  isWanted = true;
  preferred = label;
  mounting = hangs;
  void restartCamera();
}

/** Closes the camera until one is preferred again. */
export function closeCamera(): void {
  opening++;
  isWanted = false;
  clearTimeout(retry);
  release();
  cameraStatus.value = 'starting';
}

navigator.mediaDevices.addEventListener('devicechange', () => {
  if (!isWanted) return;
  if (cameraStatus.value === 'live') void followDevices();
  else void restartCamera();
});

/** While a picture comes, another camera is of interest only when it is the preferred one and not the one in use. */
async function followDevices(): Promise<void> {
  const wanted = chooseDevice(await listCameras(), preferred);
  const used = cameraTrack()?.label;
  if (preferred !== null && wanted?.label === preferred && used !== preferred) await restartCamera();
}
