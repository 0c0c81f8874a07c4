import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LintelError, type ErrorCode } from '#contract';
import { fileKekProvider, openStore, type SqlStore } from '#core/store';
import { createCameraWatch, listVideoDevices, type CameraWatchOptions } from './index.ts';

/** A made-up machine: what the kernel and udev write about its cameras. */
let root: string;
let store: SqlStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lintel-cameras-'));
  await mkdir(join(root, 'sys/class'), { recursive: true });
  await mkdir(join(root, 'udev'));
  store = await openStore({ dir: join(root, 'data'), kekProvider: fileKekProvider(join(root, 'key')) });
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true });
});

const list = () => listVideoDevices({ sys: join(root, 'sys'), udev: join(root, 'udev') }, 'linux');

const write = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
};

/** @param parent folder of the device under `sys/devices`; null for a node that stands on none */
async function connect(
  node: string,
  name: string,
  parent: string | null,
  { driver = 'uvcvideo', usb, serial }: { driver?: string; usb?: string; serial?: string } = {},
): Promise<void> {
  const own = `sys/devices/${parent ?? 'virtual'}/video4linux/${node}`;
  await write(`${own}/name`, `${name}\n`);
  await write(`${own}/dev`, `81:${node.slice('video'.length)}\n`);
  await mkdir(join(root, 'sys/class/video4linux'), { recursive: true });
  await symlink(join(root, own), join(root, 'sys/class/video4linux', node));
  if (parent === null) return;
  await symlink(join(root, 'sys/devices', parent), join(root, own, 'device'));
  const drivers = join(root, 'sys/bus/drivers', driver);
  await mkdir(drivers, { recursive: true });
  await symlink(drivers, join(root, 'sys/devices', parent, 'driver')).catch(() => undefined);
  if (usb === undefined) return;
  await write(`sys/devices/${usb}/idVendor`, '046d\n');
  await write(`sys/devices/${usb}/idProduct`, '0825\n');
  if (serial !== undefined) await write(`sys/devices/${usb}/serial`, `${serial}\n`);
}

const USB = 'pci0000:00/0000:00:14.0/usb1/1-2';
const webcam = () => connect('video0', 'HD Webcam', `${USB}/1-2:1.0`, { usb: USB, serial: 'A1' });
const otherWebcam = () =>
  connect('video4', 'HD Webcam', `${USB}.1/1-2.1:1.0`, { usb: `${USB}.1`, serial: 'A2' });
const loopback = () => connect('video9', 'OBS Virtual Camera', null);

describe('the cameras that the kernel lists', () => {
  it('are known by vendor, product, serial and socket, without nodes that take no pictures', async () => {
    await webcam();
    await connect('video1', 'HD Webcam', `${USB}/1-2:1.0`, { usb: USB, serial: 'A1' });
    await write('udev/c81:0', 'E:DEVNAME=/dev/video0\nE:ID_V4L_CAPABILITIES=:capture:\n');
    await write('udev/c81:1', 'E:DEVNAME=/dev/video1\nE:ID_V4L_CAPABILITIES=:\n');
    expect(await list()).toEqual([
      {
        node: 'video0',
        name: 'HD Webcam',
        isVirtual: false,
        identity: { name: 'HD Webcam', vendor: '046d', product: '0825', serial: 'A1', path: '1-2' },
      },
    ]);
  });

  it.each<[string, () => Promise<void>, boolean]>([
    ['a node without a device, as v4l2loopback makes it', loopback, true],
    ['a driver for tests', () => connect('video2', 'vivid', 'platform/vivid.0', { driver: 'vivid' }), true],
    [
      'a loopback that names a parent',
      () => connect('video2', 'Cam', 'platform/v4l2loopback.0', { driver: 'v4l2loopback' }),
      true,
    ],
    [
      'USB over a network',
      () =>
        connect('video2', 'HD Webcam', 'platform/vhci_hcd.0/usb3/3-1/3-1:1.0', {
          usb: 'platform/vhci_hcd.0/usb3/3-1',
        }),
      true,
    ],
    [
      'a gadget plugged into its own machine',
      () =>
        connect('video2', 'UVC', 'platform/dummy_hcd.0/usb4/4-1/4-1:1.0', {
          usb: 'platform/dummy_hcd.0/usb4/4-1',
        }),
      true,
    ],
    [
      'a sensor of the board',
      () => connect('video2', 'unicam', 'platform/soc/fe801000.csi', { driver: 'unicam' }),
      false,
    ],
  ])('are told apart: %s', async (_, plug, isVirtual) => {
    await plug();
    expect(await list()).toMatchObject([{ isVirtual }]);
  });

  it('cannot be told on other systems, and without the folders of the kernel', async () => {
    expect(await listVideoDevices({ sys: join(root, 'sys'), udev: '' }, 'darwin')).toBeNull();
    expect(await listVideoDevices({ sys: join(root, 'none'), udev: '' }, 'linux')).toBeNull();
    expect(await list()).toEqual([]);
  });
});

describe('the watch over cameras', () => {
  const watch = (options: Partial<CameraWatchOptions> = {}) =>
    createCameraWatch({ store: store.as('device'), devices: list, ...options });

  it('takes the first camera for its own, and another one once an operator confirms it', async () => {
    expect(await watch().findings()).toEqual(['camera-unknown']);
    await webcam();
    expect(await watch().findings()).toEqual([]);
    await otherWebcam();
    expect(await watch().findings()).toEqual(['camera-changed']);
    expect((await watch().state()).trusted).toHaveLength(1);
    await watch().confirm(store);
    expect(await watch().findings()).toEqual([]);
    expect((await watch().state()).trusted).toHaveLength(2);
  });

  it.each<ErrorCode>(['store-full', 'store-read-only', 'disk-failing', 'store-busy'])(
    'keeps no visitor out while the first camera cannot be noted: %s',
    async (refusal) => {
      await webcam();
      const device = store.as('device');
      vi.spyOn(device, 'setSecret').mockRejectedValueOnce(new LintelError(refusal));
      const watching = watch({ store: device });
      expect(await watching.findings()).toEqual([]);
      expect((await watching.state()).trusted).toBeNull();
      await watching.findings();
      expect((await watching.state()).trusted).toHaveLength(1);
    },
  );

  it('knows a camera of the same make in its place for another one', async () => {
    await webcam();
    await watch().findings();
    await write(`sys/devices/${USB}/serial`, 'B7\n');
    expect(await watch().findings()).toEqual(['camera-changed']);
  });

  it('never takes or confirms a virtual camera', async () => {
    await loopback();
    expect(await watch().findings()).toEqual(['camera-virtual']);
    await webcam();
    expect(await watch().findings()).toEqual(['camera-virtual']);
    expect((await watch().state()).trusted).toBeNull();
    await expect(watch().confirm(store)).rejects.toMatchObject({ code: 'camera-unavailable' });
  });

  it('lets a made-up camera pass for development only, and never at work', async () => {
    expect(await watch({ allowFake: true }).findings()).toEqual([]);
    const atWork = watch({ allowFake: true, isProtected: async () => true });
    expect(await atWork.findings()).toEqual(['camera-unknown']);
    await webcam();
    await watch().findings();
    await otherWebcam();
    expect(await watch({ allowFake: true }).findings()).toEqual(['camera-changed']);
  });

  it('has nothing to say where the system cannot tell', async () => {
    const blind = watch({ devices: async () => null });
    expect(await blind.findings()).toEqual([]);
    expect(await blind.state()).toMatchObject({ cameras: null, trusted: null });
  });
});
