import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { CHALLENGE_STEPS, LintelError, type ChallengeStep } from '#contract';
import { createRecognizer } from '#core/recognition';
import { openClipPlayer, type ClipPlayer, type FreeSession } from '../liveness/play-clip.ts';
import { createJudge, type Judge } from './attacks/judge.ts';
import { progress } from './progress.ts';
import { formatTables } from './tables.ts';

/** Milliseconds that a kiosk takes around the frames, to ask and to send. */
const AROUND_MS = 1000;

/** `eval clips`: what the kiosk's detectors see in each clip of a folder, and which kinds of challenge it passes. */
export function clipsCommand(modelsDir: string): Command {
  return new Command('clips')
    .description('Play the .mp4 clips of a folder to the step detectors, and try each kind of challenge.')
    .argument('<dir>', 'folder of clips')
    .action(async (dir: string) => {
      const names = (await readdir(dir)).filter((name) => name.endsWith('.mp4')).toSorted();
      if (names.length === 0) throw new LintelError('usage', `${dir} holds no .mp4.`);
      const recognizer = await createRecognizer({
        weightsDir: join(modelsDir, 'weights'),
        workers: availableParallelism(),
      });
      try {
        const judge = await createJudge(modelsDir, recognizer);
        const player = await openClipPlayer();
        try {
          const tell = progress('Playing clips');
          const rows: string[][] = [];
          for (const name of names) {
            rows.push(await rowOf(player, judge, join(dir, name), name));
            tell(rows.length / names.length);
          }
          process.stdout.write(formatTables({ clips: { ...TABLE, rows } }));
        } finally {
          await player.close();
        }
      } finally {
        await recognizer.close();
      }
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

async function rowOf(player: ClipPlayer, judge: Judge, file: string, name: string): Promise<string[]> {
  const free = await player.play(file);
  const seen = CHALLENGE_STEPS.filter((kind) => free.steps.some((step) => step.kind === kind));
  const tries: string[] = [];
  for (const kinds of pairsOf(seen)) tries.push(await tryChallenge(judge, await player.play(file, kinds)));
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

async function tryChallenge(judge: Judge, { challenge, frames }: FreeSession): Promise<string> {
  const span = (frames.at(-1)?.capturedAt ?? 0) - (frames[0]?.capturedAt ?? 0);
  const { passed, reasons } = await judge({ challenge, frames, earlier: [], sessionMs: span + AROUND_MS });
  return `${challenge.join(' + ')}: ${passed ? 'accepted' : reasons.join(', ')}`;
}
