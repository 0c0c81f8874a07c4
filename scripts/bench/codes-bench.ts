import { Command } from 'commander';
import { encodeQR } from 'qr';
import sharp from 'sharp';
import { readBarcodes } from 'zxing-wasm/reader';
import { seeded } from '#core/matching';
import { loadCodeReader } from '../../test/support/read-code.ts';
import { table } from './table.ts';

/** The camera's picture, and what a code is printed with, 0..255. */
const VIEW = { width: 1280, height: 720 } as const;
const [WALL, DARK, LIGHT] = [110, 45, 205];
/** Modules of white around a code. */
const QUIET = 4;
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** A held-up code: pixels of its side without the white around it, blur and noise as standard deviations in pixels and grey levels. */
interface Held {
  readonly characters: number;
  readonly side: number;
  readonly blur: number;
  readonly noise: number;
}

const KINDS = [
  { characters: 8, sides: [40, 60, 100] },
  { characters: 540, sides: [130, 160, 190, 220] },
] as const;
const CAMERAS = [
  { blur: 0.6, noise: 4 },
  { blur: 1, noise: 6 },
  { blur: 1.4, noise: 8 },
] as const;

/** A drawn code as a camera sees it: turned by up to 25 degrees, its plane tilted by up to 15. @returns grey pixels of {@link VIEW} */
async function draw(
  text: string,
  { side, blur, noise }: Held,
  random: () => number,
): Promise<Uint8ClampedArray> {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: QUIET });
  const modules = rows.length;
  const size = side / (modules - 2 * QUIET);
  const [turn, tilt] = [25, 15].map((most) => ((2 * random() - 1) * most * Math.PI) / 180) as [
    number,
    number,
  ];
  const focus = VIEW.width * 0.78;
  const grey = Buffer.alloc(VIEW.width * VIEW.height, WALL);
  const reach = Math.ceil(size * modules);
  for (let y = -reach; y < reach; y += 1) {
    for (let x = -reach; x < reach; x += 1) {
      const [row, column] = [y + VIEW.height / 2, x + VIEW.width / 2];
      if (row < 0 || row >= VIEW.height || column < 0 || column >= VIEW.width) continue;
      let sum = 0;
      for (let part = 0; part < 9; part += 1) {
        const [px, py] = [x + ((part % 3) + 0.5) / 3, y + (Math.floor(part / 3) + 0.5) / 3];
        const u = (px * focus) / (focus * Math.cos(tilt) - px * Math.sin(tilt));
        const v = (py * (focus + u * Math.sin(tilt))) / focus;
        const i = Math.floor((Math.cos(turn) * u + Math.sin(turn) * v) / size + modules / 2);
        const j = Math.floor((Math.cos(turn) * v - Math.sin(turn) * u) / size + modules / 2);
        const isDark = rows[j]?.[i];
        sum += isDark === undefined ? WALL : isDark ? DARK : LIGHT;
      }
      grey[row * VIEW.width + column] = sum / 9;
    }
  }
  const raw = { ...VIEW, channels: 1 } as const;
  const soft = await sharp(grey, { raw }).blur(blur).toColourspace('b-w').raw().toBuffer();
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Uint8ClampedArray.from(soft, (value) => value + noise * normal());
}

async function isRead(held: Held, random: () => number): Promise<boolean> {
  const text = Array.from({ length: held.characters }, () =>
    held.characters === 8
      ? String(Math.floor(random() * 10))
      : CAPITALS[Math.floor(random() * CAPITALS.length)],
  ).join('');
  const grey = await draw(text, held, random);
  const data = new Uint8ClampedArray(grey.length * 4).fill(255);
  grey.forEach((value, i) => data.fill(value, 4 * i, 4 * i + 3));
  const [found] = await readBarcodes(
    { data, ...VIEW, colorSpace: 'srgb' },
    { formats: ['QRCode'], tryInvert: false, maxNumberOfSymbols: 1 },
  );
  return found?.text === text;
}

/** The `codes` command: how many of drawn codes are read, by their size on the camera's picture. */
export const codesCommand = (): Command =>
  new Command('codes')
    .description('How many QR codes are read, by size, blur and noise.')
    .option('--count <n>', 'codes of each kind', Number, 20)
    .action(async ({ count }: { count: number }) => {
      await loadCodeReader();
      const random = seeded(1);
      const rows: string[][] = [];
      for (const { characters, sides } of KINDS) {
        for (const side of sides) {
          const cells: string[] = [];
          for (const camera of CAMERAS) {
            let read = 0;
            for (let i = 0; i < count; i += 1) {
              if (await isRead({ characters, side, ...camera }, random)) read += 1;
            }
            cells.push(`${read} of ${count}`);
          }
          rows.push([String(characters), String(side), ...cells]);
        }
      }
      const heads = CAMERAS.map(({ blur, noise }) => `blur ${blur}, noise ${noise}`);
      console.log(table(['characters', 'side in pixels', ...heads], rows));
    });
