import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { LintelError } from '#contract';
import { ATTACK_NAMES } from '../../../test/attacks/index.ts';
import { requireFolder } from '../file-type.ts';
import { HALVES, type Half } from '../halves.ts';
import { identitiesOf, identitiesOption } from '../identities.ts';
import { wholeNumber } from '../numbers.ts';
import { requireOutputs, writeOutputs, type Outputs } from '../outputs.ts';
import { formatTables } from '../tables.ts';
import { attackSvg, attackTables, clipTables, LIMITATION } from './report.ts';
import { runClips } from './clips.ts';
import { runAttacks } from './run.ts';

/** As `--kinds` calls living people. */
const LIVE = 'live';

interface Options extends Outputs {
  readonly clips?: string;
  readonly images?: string;
  readonly identities?: number;
  readonly seed: number;
  readonly half?: Half;
  readonly without?: string;
  readonly kinds?: readonly string[];
  readonly resume?: string;
  readonly minutes?: number;
}

/** `eval attacks`. @param modelsDir folder of the calibration tables, and of the networks in `weights/` */
export function attacksCommand(modelsDir: string): Command {
  return new Command('attacks')
    .description('Attack liveness verification with generated presentations.')
    .addOption(
      new Option('--clips <dir>', 'play live/*.mp4 and attack/*.mp4 of this folder instead').conflicts([
        'images',
        'identities',
        'seed',
        'half',
        'without',
        'kinds',
        'plot',
        'report',
        'resume',
        'minutes',
      ]),
    )
    .option('--images <dir>', 'folder with one folder of images per person; default: the sample photographs')
    .addOption(identitiesOption())
    .addOption(
      new Option(
        '--half <half>',
        'present people of this half only: on those for fitting limits were settled',
      ).choices(HALVES),
    )
    .option(
      '--without <file>',
      'photographs that do not show what a visitor looks like, as seen by a person: one path a line',
    )
    .addOption(
      new Option(
        '--kinds <names...>',
        'present these only, and add the others later with --resume; default: all',
      ).choices([LIVE, ...ATTACK_NAMES]),
    )
    .option('--seed <n>', 'of everything drawn at random', wholeNumber(0), 1)
    .option('--resume <file>', 'keep the results in this file, and continue the run that it holds')
    .addOption(
      new Option(
        '--minutes <n>',
        'begin with nobody further after this time; continue with --resume',
      ).argParser(wholeNumber(1)),
    )
    .option('--json', 'print one JSON object')
    .option('--plot <file>', 'draw the error rates, .svg or .png')
    .option('--report <file>', 'write everything as one .html file')
    .action(async (options: Options) => {
      const { clips, json } = options;
      if (clips !== undefined) return await attackWithClips(modelsDir, clips, json === true);
      requireOutputs(options);
      const { images, seed, half = null, resume, minutes } = options;
      requireFolder(resume);
      if (minutes !== undefined && resume === undefined) {
        throw new LintelError('usage', 'With --minutes, --resume <file> is needed, which keeps the results.');
      }
      const identities = identitiesOf(options);
      const without = options.without === undefined ? [] : await readLines(options.without);
      const kinds = [null, ...ATTACK_NAMES].filter((kind) => options.kinds?.includes(kind ?? LIVE) !== false);
      const asked = { images, identities, seed, half, without, kinds, resume, minutes };
      const report = await runAttacks(modelsDir, asked);
      await writeOutputs(options, {
        title: 'Presentation attacks',
        limitation: LIMITATION,
        report,
        tables: attackTables(report),
        figure: attackSvg(report),
      });
    });
}

async function readLines(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new LintelError('usage', `The file ${file} cannot be read.`, { cause: error });
  });
  return text.split(/\r?\n/).filter((line) => line !== '');
}

/** The exit status is that of bad input when a clip could not be played; the others are reported all the same. */
async function attackWithClips(modelsDir: string, dir: string, json: boolean): Promise<void> {
  const report = await runClips(modelsDir, dir);
  process.stdout.write(
    json ? `${JSON.stringify(report)}\n` : `${formatTables(clipTables(report))}\n${LIMITATION}\n`,
  );
  for (const { clip, error } of report.clips) {
    if (error === null) continue;
    process.stderr.write(`${clip}: ${error.message} [${error.code}]\n`);
    process.exitCode = 2;
  }
}
