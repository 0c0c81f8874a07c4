/** Debian's names of the processors that Lintel brings a Node for. */
export const DEBIAN_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * What the appliance needs of the system: a browser and what shuts its pages in, what shows only that browser and the session
 * that gives it the screen, fonts, and what its addons link to. Nothing of it is left to what Debian recommends.
 */
const DEPENDS = [
  'cage',
  'chromium',
  'chromium-sandbox',
  'fonts-noto-core',
  'libc6 (>= 2.28)',
  'libpam-systemd',
  'libstdc++6',
  'systemd',
  'xwayland',
];
/** A camera without a screen, and the setting of a camera's controls. */
const RECOMMENDS = ['fswebcam'];

/**
 * The control file of the package (deb-control(5)).
 * @param architecture Node's name of the processor
 * @throws Error for a processor that Lintel brings no Node for
 */
export function controlOf(fields: { version: string; architecture: string; kilobytes: number }): string {
  const architecture = DEBIAN_ARCHITECTURES[fields.architecture];
  if (architecture === undefined) throw new Error(`There is no package for ${fields.architecture}.`);
  return `Package: lintel-appliance
Version: ${fields.version}
Architecture: ${architecture}
Maintainer: Lintel contributors <maintainers@lintel.invalid>
Installed-Size: ${fields.kilobytes}
Depends: ${DEPENDS.join(', ')}
Recommends: ${RECOMMENDS.join(', ')}
Section: misc
Priority: optional
Description: face recognition for kiosks and doors
 The appliance: it recognises people at a camera, keeps their templates in an
 encrypted store and opens doors. It runs as a user of its own; the browser in
 front of it runs as another one, who owns nothing, under a managed policy.
 Installing it makes this machine a kiosk: the screen starts with the system.
`;
}
