import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { CHALLENGE_STEPS, type ChallengeStep, type VisitFrame } from '#contract';
import { listAssets } from '#core/assets';
import type { PlayedClip } from '../../renderer/player/played.ts';
import { nearestFirst } from '../../renderer/guidance/geometry.ts';
import type { PerformedStep } from '../../renderer/liveness/detectors.ts';
import { measure, type Measure } from '../../renderer/liveness/measure.ts';
import { detectSteps } from '../../renderer/liveness/session.ts';
import { build } from '../build/build.ts';
import { CHROMIUM, find } from '../setup/debian.ts';
import { CACHE, MODELS, ROOT } from '../setup/paths.ts';
import { evidenceOf } from './evidence.ts';

export interface FreeSession {
  /** The nearest face of every picture that has one. */
  readonly samples: readonly Measure[];
  /** When the face had come to rest, from which on steps count; null when it never did. */
  readonly restedAt: number | null;
  /** Everything that was performed, asked or not. */
  readonly steps: readonly PerformedStep[];
  /** The steps that count as asked for, in order: none when fewer than two kinds were performed. */
  readonly challenge: readonly ChallengeStep[];
  /** What the kiosk would have sent, in order: at rest, at the height of each step, frontal. */
  readonly frames: readonly VisitFrame[];
}

export interface ClipPlayer {
  /**
   * Plays a clip (H.264 in MP4, or what else Chromium plays) as the camera of a session without a challenge. It
   * stops at each picture until that is analysed, so that a slow machine sees what a fast one does.
   * @param kinds only these count as asked for
   */
  play(file: string, kinds?: readonly ChallengeStep[]): Promise<FreeSession>;
  close(): Promise<void>;
}

const ADDRESS = 'http://localhost/';

/** Opens Chromium with the kiosk's landmarker and detectors. @throws Error when Chromium is not installed */
export async function openClipPlayer(): Promise<ClipPlayer> {
  await build(['player']);
  const assetOf = await listAssets({
    rendererDir: join(CACHE, 'player'),
    mediapipeDir: join(ROOT, 'node_modules/@mediapipe/tasks-vision/wasm'),
    weightsDir: join(MODELS, 'weights'),
  });
  const executablePath = process.env['LINTEL_CHROMIUM'] ?? find(CHROMIUM);
  if (!executablePath) throw new Error('Chromium is not installed. Run npm run setup -- --tests');
  const browser = await chromium.launch({
    executablePath,
    args: ['--enable-unsafe-swiftshader'],
    chromiumSandbox: process.getuid?.() !== 0,
  });

  return {
    async play(file, kinds = CHALLENGE_STEPS) {
      // A page of its own for each clip: the landmarker remembers the face of the picture before.
      const page = await browser.newPage();
      try {
        await page.route(`${ADDRESS}**`, async (route) => {
          const { pathname } = new URL(route.request().url());
          if (pathname === '/clip') return await route.fulfill({ contentType: 'video/mp4', path: file });
          const asset = assetOf(pathname);
          if (!asset) return await route.fulfill({ status: 404 });
          await route.fulfill({ contentType: asset.contentType, body: await readFile(asset.file) });
        });
        await page.goto(ADDRESS);
        const clip = (await page.evaluate(`player.play('/clip')`)) as PlayedClip;
        const samples = samplesOf(clip);
        const { restedAt, steps } = detectSteps(samples);
        const { challenge, moments } = evidenceOf(
          samples,
          restedAt,
          steps.filter(({ kind }) => kinds.includes(kind)),
        );
        const frames: VisitFrame[] = [];
        for (const { at, moment } of moments) {
          const picture = (await page.evaluate(`player.picture(${at})`)) as string;
          frames.push({ image: Buffer.from(picture, 'base64'), capturedAt: at, moment });
        }
        return { samples, restedAt, steps, challenge, frames };
      } finally {
        await page.close();
      }
    },
    close: () => browser.close(),
  };
}

function samplesOf({ width, height, frames }: PlayedClip): Measure[] {
  const image = { width, height };
  return frames.flatMap(({ at, faces }) => {
    const seen = faces.map(({ points, matrix }) => ({
      landmarks: points.flatMap((x, i) => (i % 2 === 0 ? [{ x, y: points[i + 1]! }] : [])),
      matrix,
    }));
    const nearest = nearestFirst(seen, image)[0];
    return (nearest && measure(nearest.face, image, at)) ?? [];
  });
}
