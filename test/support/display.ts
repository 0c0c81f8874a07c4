import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import sharp from 'sharp';

const run = promisify(execFile);

/** The size of the window that cage opens on an X server. */
const WIDTH = 1024;
const HEIGHT = 768;

/** An X server without a monitor, a keyboard to press and a picture to look at. */
export interface Display {
  readonly name: string;
  /** Presses keys together, by their X keycodes, as a keyboard plugged in does: it knows no letters. */
  press(...keycodes: number[]): Promise<void>;
  /** An `xdotool` command, such as of the mouse. */
  pointer(...words: string[]): Promise<void>;
  /** What is shown: RGB bytes, row by row. */
  picture(): Promise<Buffer>;
  save(file: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param symbols file of keyboard symbols that the server uses for every keyboard, or null for its own
 */
export async function openDisplay(symbols: string | null): Promise<Display> {
  const folder = await mkdtemp(join(tmpdir(), 'lintel-display-'));
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
  const server = spawn(
    'Xvfb',
    [
      '-displayfd',
      '3',
      '-screen',
      '0',
      `${WIDTH}x${HEIGHT}x24`,
      '-nolisten',
      'tcp',
      '-fbdir',
      folder,
      ...keyboard,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const lines = createInterface({ input: server.stdio[3] as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done) throw new Error('Xvfb ended.');
  const name = `:${value}`;
  const env = { ...process.env, DISPLAY: name };

  const picture = async (): Promise<Buffer> => {
    // X Window Dump, version 7: big-endian words; the first is the length of the header, the twentieth the number of
    // colours after it, each of 12 bytes.
    const dump = await readFile(join(folder, 'Xvfb_screen0'));
    const pixels = dump.subarray(dump.readUInt32BE(0) + dump.readUInt32BE(76) * 12);
    const rgb = Buffer.alloc(WIDTH * HEIGHT * 3);
    for (let i = 0; i < WIDTH * HEIGHT; i += 1) {
      rgb[3 * i] = pixels[4 * i + 2] ?? 0;
      rgb[3 * i + 1] = pixels[4 * i + 1] ?? 0;
      rgb[3 * i + 2] = pixels[4 * i] ?? 0;
    }
    return rgb;
  };
  return {
    name,
    press: async (...keycodes) => {
      const downs = keycodes.flatMap((code) => ['keydown', String(code)]);
      const ups = keycodes.toReversed().flatMap((code) => ['keyup', String(code)]);
      await run('xdotool', [...downs, ...ups], { env });
    },
    pointer: async (...words) => void (await run('xdotool', words, { env })),
    picture,
    save: async (file) => {
      const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
      await sharp(await picture(), { raw })
        .png()
        .toFile(file);
    },
    close: async () => {
      server.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** The part of two pictures that differs, 0 to 1. */
export function difference(a: Buffer, b: Buffer): number {
  let count = 0;
  for (let i = 0; i < a.length; i += 3) {
    const by = [0, 1, 2].reduce((sum, c) => sum + Math.abs((a[i + c] ?? 0) - (b[i + c] ?? 0)), 0);
    if (by > 30) count += 1;
  }
  return count / (a.length / 3);
}
