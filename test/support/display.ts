import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { endsWithUs } from '../../main/process/index.ts';
import { connectTouchScreen, type TouchScreen } from './touch-screen.ts';

const run = promisify(execFile);

/** The size of the window that cage opens on an X server. */
const WIDTH = 1024;
const HEIGHT = 768;

/** An X server without a monitor: keys to press, a pointer, a screen to touch, and a picture to look at. */
export interface Display extends Pick<TouchScreen, 'touch'> {
  readonly name: string;
  /** Commands of `xdotool`, one after the other. Keys are X keycodes: a keyboard plugged in knows no letters. */
  play(...words: string[]): Promise<void>;
  /** Whether a window has a name like this within so many milliseconds. */
  hasWindow(name: string, withinMs: number): Promise<boolean>;
  /** What is shown: four bytes of a pixel (blue, green, red, nothing), row by row. */
  picture(): Promise<Buffer>;
  save(file: string): Promise<void>;
  close(): Promise<void>;
}

/** A screen that is drawn into memory, and a touch screen that is a socket; nothing of this machine. */
const configuration = (socket: string): string => `
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoEnableDevices" "false"
  Option "BlankTime" "0"
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5-1000
  VertRefresh 5-200
  Modeline "${WIDTH}x${HEIGHT}" 63.50 ${WIDTH} 1072 1176 1328 ${HEIGHT} 771 775 798
EndSection
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 16384
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "${WIDTH}x${HEIGHT}"
    Virtual ${WIDTH} ${HEIGHT}
  EndSubSection
EndSection
Section "InputDevice"
  Identifier "touch"
  Driver "inputtest"
  Option "SocketPath" "${socket}"
  Option "DeviceType" "Touch"
  Option "TouchCount" "10"
EndSection
Section "ServerLayout"
  Identifier "layout"
  Screen "screen"
  InputDevice "touch"
EndSection
`;

/**
 * @param symbols file of keyboard symbols that the server uses for every keyboard, or null for its own
 */
export async function openDisplay(symbols: string | null): Promise<Display> {
  const folder = await mkdtemp(join(tmpdir(), 'lintel-display-'));
  const socket = join(folder, 'touch');
  const config = join(folder, 'xorg.conf');
  await writeFile(config, configuration(socket));
  const keyboard: string[] = [];
  if (symbols !== null) {
    // An X server takes keyboards from a whole folder; ours stands in for the part that every layout builds on.
    const xkb = join(folder, 'xkb');
    await cp('/usr/share/X11/xkb', xkb, { recursive: true, dereference: true });
    const text = (await readFile(symbols, 'utf8')).replace('xkb_symbols "kiosk"', 'xkb_symbols "pc105"');
    await writeFile(join(xkb, 'symbols/pc'), text);
    await writeFile(join(xkb, 'symbols/inet'), 'default xkb_symbols "evdev" {};\n');
    keyboard.push('-xkbdir', xkb);
  }
  const own = ['-config', config, '-logfile', join(folder, 'log'), '-configdir', folder];
  const options = ['-displayfd', '3', '-nolisten', 'tcp', '-noreset', '-novtswitch', '-sharevts'];
  const server = spawn(...endsWithUs('TERM', 'Xorg', ...options, ...own, ...keyboard), {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const lines = createInterface({ input: server.stdio[3] as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done) throw new Error(`Xorg ended:\n${await readFile(join(folder, 'log'), 'utf8').catch(() => '')}`);
  const name = `:${value}`;
  const env = { ...process.env, DISPLAY: name };
  const touchScreen = await connectTouchScreen(socket);

  const picture = async (): Promise<Buffer> => {
    // X Window Dump, version 7: big-endian words; the first is the length of the header, the twentieth the number of
    // colours after it, each of 12 bytes.
    const dumped = { env, encoding: 'buffer', maxBuffer: 8 * WIDTH * HEIGHT } as const;
    const look = () => run('xwd', ['-root', '-silent'], dumped);
    // It fails where a window closes meanwhile.
    const { stdout: dump } = await look().catch(look).catch(look);
    return dump.subarray(dump.readUInt32BE(0) + dump.readUInt32BE(76) * 12);
  };
  return {
    name,
    touch: (fingers, holdMs) => touchScreen.touch(fingers, holdMs),
    play: async (...words) => void (await run('xdotool', words, { env })),
    hasWindow: async (window, withinMs) => {
      const searching = run('xdotool', ['search', '--sync', '--name', window], { env, timeout: withinMs });
      return await searching.then(
        () => true,
        () => false,
      );
    },
    picture,
    save: async (file) => {
      const pixels = await picture();
      // To red, green, blue and opaque.
      for (let i = 0; i < pixels.length; i += 4)
        pixels.writeUInt32BE(((pixels.readUInt32LE(i) << 8) | 0xff) >>> 0, i);
      await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
        .removeAlpha()
        .png()
        .toFile(file);
    },
    close: async () => {
      touchScreen.close();
      server.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** A part of a picture, in pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Paints an area black, in place. */
export function without(picture: Buffer, { left, top, right, bottom }: Area): Buffer {
  for (let y = top; y < bottom; y += 1) picture.fill(0, 4 * (y * WIDTH + left), 4 * (y * WIDTH + right));
  return picture;
}

/** The rows from the first to the last in which two pictures differ. */
export function changedRows(a: Buffer, b: Buffer): Area {
  const row = (picture: Buffer, y: number): Buffer => picture.subarray(4 * WIDTH * y, 4 * WIDTH * (y + 1));
  const changed = Array.from({ length: HEIGHT }, (_, y) => y).filter((y) => !row(a, y).equals(row(b, y)));
  return { left: 0, right: WIDTH, top: changed[0] ?? 0, bottom: (changed.at(-1) ?? -1) + 1 };
}

/** The part of two pictures that differs, 0 to 1. */
export function difference(a: Buffer, b: Buffer): number {
  if (a.equals(b)) return 0;
  let count = 0;
  for (let i = 0; i < 4 * WIDTH * HEIGHT; i += 4) {
    const by = Math.abs(a[i]! - b[i]!) + Math.abs(a[i + 1]! - b[i + 1]!) + Math.abs(a[i + 2]! - b[i + 2]!);
    if (by > 30) count += 1;
  }
  return count / (WIDTH * HEIGHT);
}
