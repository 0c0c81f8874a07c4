import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CameraIdentity } from '#contract';

/** A node that a browser may take pictures from. */
export interface VideoDevice {
  /** Such as `video0`. */
  readonly node: string;
  /** As its driver names it. */
  readonly name: string;
  readonly identity: CameraIdentity;
  /** Whether a program, and no sensor, makes its pictures. */
  readonly isVirtual: boolean;
}

/** Where the kernel and udev say what is connected. */
export interface SystemFolders {
  readonly sys: string;
  readonly udev: string;
}

const SYSTEM: SystemFolders = { sys: '/sys', udev: '/run/udev/data' };

/** Drivers whose pictures other programs write (v4l2loopback, which OBS uses, and akvcam), and those made for tests of video software. */
const VIRTUAL_DRIVERS = new Set([
  'v4l2loopback',
  'v4l2 loopback',
  'akvcam',
  'vivid',
  'vimc',
  'vim2m',
  'vicodec',
  'visl',
]);

/** USB controllers that are programs: USB over a network (usbip), and a gadget plugged into its own machine. */
const VIRTUAL_CONTROLLERS = /^(vhci_hcd|dummy_hcd|usbip)/;

/** What such programs call their cameras; only where the driver gave no answer. */
const VIRTUAL_NAMES = /\b(obs|loopback|virtual|dummy|snap camera|droidcam|iriun|manycam)\b/i;

/**
 * The cameras that the kernel knows, in order of their nodes. Asked of the kernel and not of the page, which could say anything.
 * @returns null where this cannot be told: on other systems than Linux, and where the kernel's folder is not mounted
 */
export async function listVideoDevices(
  { sys, udev }: SystemFolders = SYSTEM,
  platform: NodeJS.Platform = process.platform,
): Promise<VideoDevice[] | null> {
  if (platform !== 'linux') return null;
  const listing = await namesIn(join(sys, 'class'));
  if (listing === null) return null;
  const nodes = (await namesIn(join(sys, 'class/video4linux'))) ?? [];
  const numbered = nodes.filter((name) => /^video\d{1,4}$/.test(name));
  numbered.sort((a, b) => Number(a.slice('video'.length)) - Number(b.slice('video'.length)));
  const devices: VideoDevice[] = [];
  for (const node of numbered) {
    const folder = join(sys, 'class/video4linux', node);
    if (await takesPictures(folder, udev)) devices.push(await describe(folder, node, sys));
  }
  return devices;
}

/** False only where udev asked the device and was told otherwise: a decoder, or the second node of a camera, for its metadata. */
async function takesPictures(folder: string, udev: string): Promise<boolean> {
  const number = await lineOf(join(folder, 'dev'));
  const known = number === null ? null : await textOf(join(udev, `c${number}`));
  const capabilities = known === null ? null : /^E:ID_V4L_CAPABILITIES=(.*)$/m.exec(known)?.[1];
  return capabilities === undefined || capabilities === null || capabilities.includes(':capture:');
}

async function describe(folder: string, node: string, sys: string): Promise<VideoDevice> {
  const name = (await lineOf(join(folder, 'name'))) ?? node;
  const own = await realpath(folder).catch(() => folder);
  const parent = await realpath(join(folder, 'device')).catch(() => null);
  const driver = parent && basename(await readlink(join(parent, 'driver')).catch(() => ''));
  const way = (parent ?? own).split('/');
  const root = await realpath(sys).catch(() => sys);
  const usb = parent && (await usbAbove(parent, root));
  const [vendor, product, serial] = usb
    ? await Promise.all(['idVendor', 'idProduct', 'serial'].map((file) => lineOf(join(usb, file))))
    : [null, null, null];
  const isVirtual =
    parent === null ||
    own.startsWith(join(root, 'devices/virtual/')) ||
    VIRTUAL_DRIVERS.has((driver ?? '').toLowerCase()) ||
    way.some((part) => VIRTUAL_CONTROLLERS.test(part)) ||
    (usb === null && VIRTUAL_NAMES.test(name));
  const path = basename(usb ?? parent ?? own);
  return {
    node,
    name,
    isVirtual,
    identity: { name, vendor: vendor ?? null, product: product ?? null, serial: serial ?? null, path },
  };
}

/** The USB device that an interface belongs to. */
async function usbAbove(from: string, root: string): Promise<string | null> {
  for (let at = from; at.startsWith(root) && at !== root; at = dirname(at)) {
    if ((await lineOf(join(at, 'idVendor'))) !== null) return at;
  }
  return null;
}

const namesIn = (folder: string): Promise<string[] | null> => readdir(folder).catch(() => null);

/** What a device says of itself is as long as it likes, and may be shown: one line of it at most. */
const lineOf = async (file: string): Promise<string | null> =>
  (await textOf(file))?.trim().slice(0, 128) ?? null;

const textOf = (file: string): Promise<string | null> => readFile(file, 'utf8').catch(() => null);
