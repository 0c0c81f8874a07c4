interface Device {
  readonly label: string;
  readonly deviceId: string;
}

/** The camera with the preferred label, else the first one. */
export const chooseDevice = <D extends Device>(cameras: readonly D[], label: string | null): D | undefined =>
  cameras.find((camera) => camera.label === label) ?? cameras[0];

/** What a failed `getUserMedia` means (Media Capture and Streams, section 10.2). */
export function statusOfError(error: unknown): 'denied' | 'missing' | 'lost' {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotFoundError' ? 'missing' : 'lost';
}
