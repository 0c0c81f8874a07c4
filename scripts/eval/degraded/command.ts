import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { ModelSetName } from '#contract';
import { loadCalibration } from '#core/matching';
import { createRecognizer, RECOGNITION_GATE } from '#core/recognition';
import { modelsOption } from '../../../main/process/models-option.ts';
import { requireType } from '../file-type.ts';
import { listImages, type LabelledImage } from '../images.ts';
import { wholeNumber } from '../numbers.ts';
import { writePlot } from '../plots.ts';
import { progress } from '../progress.ts';
import { choose, gather, type Choice } from '../spoiled/gather.ts';
import { KINDS, UNTOUCHED } from '../spoiled/kinds.ts';
import { formatTables } from '../tables.ts';
import { DEGRADED } from './kinds.ts';
import { degradedRates } from './rates.ts';
import { degradedSvg, degradedTables, type DegradedReport } from './report.ts';

interface Options {
  readonly images: string;
  readonly half: Choice['half'];
  readonly people: number;
  readonly models: ModelSetName;
  readonly json?: true;
  readonly plot?: string;
}

/** Pictures of a person at most besides the reference. */
const PROBES = 2;

/** `eval degraded`. @param modelsDir folder of the calibration and spoiling tables, and of the networks in `weights/` */
export function degradedCommand(modelsDir: string): Command {
  return new Command('degraded')
    .description(
      'Degrade probes (infrared, blur, backlight, masks, darkness, small faces and more) and measure who is missed, and what the gate tells. Limits are settled on the first half of the people, rates are of the second.',
    )
    .requiredOption('--images <dir>', 'folder with one folder of images per person')
    .addOption(new Option('--half <half>', 'of the people').choices(['first', 'second']).default('second'))
    .option('--people <n>', 'how many people with two images or more at most', wholeNumber(1), 300)
    .addOption(modelsOption())
    .option('--json', 'print one JSON object')
    .option('--plot <file>', 'draw what becomes of each kind, .svg or .png')
    .action(async (options: Options) => {
      requireType(options.plot, /\.(svg|png)$/i, 'A plot is an .svg or a .png file.');
      const report = await measure(modelsDir, options);
      if (options.plot !== undefined) await writePlot(options.plot, degradedSvg(report));
      process.stdout.write(
        options.json ? `${JSON.stringify(report)}\n` : formatTables(degradedTables(report)),
      );
    });
}

async function measure(
  modelsDir: string,
  { images: dir, half, people, models }: Options,
): Promise<DegradedReport> {
  const { references, probes } = pair(
    choose(await listImages(dir), { half, people: Infinity, imagesOfEach: 1 + PROBES }),
    people,
  );
  const recognizer = await createRecognizer({
    weightsDir: join(modelsDir, 'weights'),
    set: models,
    workers: availableParallelism(),
  });
  try {
    const untouched = { [UNTOUCHED]: KINDS[UNTOUCHED]! };
    const known = await gather(recognizer, dir, references, untouched, progress('References'));
    const seen = await gather(recognizer, dir, probes, DEGRADED, progress('Degrading'));
    const calibration = await loadCalibration(modelsDir, recognizer.modelId);
    return {
      modelId: recognizer.modelId,
      half,
      people: references.length,
      gates: { recognition: degradedRates(known, seen, RECOGNITION_GATE, calibration) },
    };
  } finally {
    await recognizer.close();
  }
}

/** The first image of each person that has several is the reference. */
export function pair(
  images: readonly LabelledImage[],
  people: number,
): { references: LabelledImage[]; probes: LabelledImage[] } {
  const several = [...Map.groupBy(images, ({ person }) => person).values()]
    .filter((own) => own.length > 1)
    .slice(0, people);
  return { references: several.map(([first]) => first!), probes: several.flatMap((own) => own.slice(1)) };
}
