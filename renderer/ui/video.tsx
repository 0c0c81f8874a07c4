import { useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import { cameraStream } from '../camera/camera.ts';

/** The live camera picture, mirrored. */
export function CameraVideo({ video }: { readonly video: RefObject<HTMLVideoElement | null> }) {
  useSignalEffect(() => {
    if (video.current) video.current.srcObject = cameraStream.value;
  });
  return <video ref={video} class="camera-video" autoplay muted playsInline disablePictureInPicture />;
}
