import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { CHALLENGE_STEPS, LintelError, type ChallengeStep } from '#contract';
import { judgeClips, type ClipKiosk } from './attacks/judge-clips.ts';
import { formatTables } from './tables.ts';

/** `eval clips`: what the kiosk's detectors see in each clip of a folder, and which kinds of challenge it passes. */
export function clipsCommand(modelsDir: string): Command {
  return new Command('clips')
    .description('Play the .mp4 clips of a folder to the step detectors, and try each kind of challenge.')
    .argument('<dir>', 'folder of clips')
    .action(async (dir: string) => {
      const names = (await readdir(dir)).filter((name) => name.endsWith('.mp4')).toSorted();
      if (names.length === 0) throw new LintelError('usage', `${dir} holds no .mp4.`);
      const rows = await judgeClips(modelsDir, names, (kiosk, name) => rowOf(kiosk, join(dir, name), name));
      process.stdout.write(formatTables({ clips: { ...TABLE, rows } }));
    });
}

const TABLE = {
  title: 'Steps in recorded clips',
  note:
    'Each step that the detectors see, with the second of its height; then the challenges of two steps that the clip ' +
    'answers, each with whether the appliance accepts its frames.',
  header: ['Clip', 'Pictures', 'At rest', 'Steps', 'Challenges'],
};

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

async function rowOf(kiosk: ClipKiosk, file: string, name: string): Promise<string[]> {
  const free = await kiosk.play(file);
  const seen = CHALLENGE_STEPS.filter((kind) => free.steps.some((step) => step.kind === kind));
  const tries: string[] = [];
  for (const kinds of pairsOf(seen)) tries.push(await tryChallenge(kiosk, file, kinds));
  return [
    name,
    String(free.samples.length),
    free.restedAt === null ? 'never' : `${seconds(free.restedAt)} s`,
    free.steps.map(({ kind, peak }) => `${kind} ${seconds(peak)}`).join(', ') || 'none',
    tries.join('; ') || 'none',
  ];
}

/** Each kind once, with the next one: enough to try every kind. */
function pairsOf(kinds: readonly ChallengeStep[]): ChallengeStep[][] {
  if (kinds.length < 2) return [];
  return kinds.slice(1).map((kind, i) => [kinds[i]!, kind]);
}

async function tryChallenge(
  kiosk: ClipKiosk,
  file: string,
  kinds: readonly ChallengeStep[],
): Promise<string> {
  const asked = kinds.join(' + ');
  const session = await kiosk.play(file, kinds);
  // A busy machine may skip a picture now and then, and with it a blink.
  if (session.challenge.length < kinds.length) return `${asked}: not seen again`;
  const { passed, reasons } = await kiosk.judge(session);
  return `${session.challenge.join(' + ')}: ${passed ? 'accepted' : reasons.join(', ')}`;
}
