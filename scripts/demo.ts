import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newInstallation, startAppliance, lintel, type Installation } from '../test/support/appliance.ts';
import { openScreen, waitForScreen } from '../test/support/screen.ts';
import { build } from './build/build.ts';
import { cameraClip, portrait } from './samples/clip.ts';
import { CLIP_STEPS, liveClip } from './samples/live-head.ts';
import { sampleFace } from './samples/samples.ts';
import { CACHE } from './setup/paths.ts';

/**
 * `npm run demo`: the appliance without hardware. Robin is enrolled from one photograph and walks up to a simulated
 * camera that plays another one, set in motion; then a stranger does, and a visitor who holds up a photograph of Kim, who
 * is enrolled too.
 * Exits 0 only if all got the right answer.
 */

const PICTURES = join(CACHE, 'demo');
const started = performance.now();

function step(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${seconds.padStart(6)} s  ${text}\n`);
}

/** One visit before a camera that plays the clip. @returns the screen that the visitor ends on */
async function visit(installation: Installation, clip: string, picture: string): Promise<string> {
  const appliance = await startAppliance(installation);
  try {
    const screen = await openScreen(appliance.address, { clip });
    try {
      const { page } = screen;
      await page.getByTestId('step').waitFor({ timeout: 60_000 });
      await page.screenshot({ path: join(PICTURES, `${picture}-guide.png`) });
      const outcome = await waitForScreen(page, 'welcome', 'not-recognised', 'try-again');
      await page.screenshot({ path: join(PICTURES, `${picture}-${outcome}.png`) });
      const name = outcome === 'welcome' ? await page.getByTestId('name').textContent() : null;
      return name === null ? outcome : `${outcome} ${name}`;
    } finally {
      await screen.close();
    }
  } finally {
    await appliance.stop();
  }
}

async function enrol(at: Installation, name: string, photo: Uint8Array): Promise<void> {
  const file = join(PICTURES, `${name}.jpg`);
  await writeFile(file, photo);
  const who = ['--collection', 'default', '--key', name.toLowerCase(), '--name', name];
  const { status, answer } = await lintel(at, 'enrol', ...who, file);
  if (status !== 0) throw new Error(`Enrolment failed: ${JSON.stringify(answer)}`);
}

await build(['renderer']);
await mkdir(PICTURES, { recursive: true });
const installation = await newInstallation({ challengeSteps: [...CLIP_STEPS] });
try {
  step('Robin and Kim are enrolled, each from a photograph.');
  await enrol(installation, 'Robin', await portrait(sampleFace('Robin', 1)));
  await enrol(installation, 'Kim', await portrait(sampleFace('Kim')));

  step('Robin walks up to the camera and does what is asked.');
  const robin = await visit(installation, await liveClip(sampleFace('Robin')), 'robin');
  step(`The kiosk shows: ${robin}`);

  step('A stranger walks up to the camera and does what is asked.');
  const stranger = await visit(installation, await liveClip(sampleFace('Sasha')), 'stranger');
  step(`The kiosk shows: ${stranger}`);

  step('Somebody holds a photograph of Kim before the camera.');
  const photograph = await visit(installation, await cameraClip(sampleFace('Kim')), 'photograph');
  step(`The kiosk shows: ${photograph}`);

  const right = /^welcome .*Robin/.test(robin) && stranger === 'not-recognised' && photograph === 'try-again';
  step(right ? 'Right every time.' : 'Wrong.');
  step(`Screenshots are in ${PICTURES}`);
  process.exitCode = right ? 0 : 1;
} finally {
  await installation.remove();
}
