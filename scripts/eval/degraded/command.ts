import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { loadCalibration } from '#core/matching';
import { ADVICE_GATE, RECOGNITION_GATE, VISIT_GATE } from '#core/recognition';
import { modelsOption } from '../../../main/process/models-option.ts';
import { requireFolder } from '../file-type.ts';
import { listImages, type LabelledImage } from '../images.ts';
import { wholeNumber } from '../numbers.ts';
import { printReport, requireOutputs } from '../outputs.ts';
import { progress } from '../progress.ts';
import type { SpoiledOptions } from '../spoiled/command.ts';
import { fitSpoiling, type FittedKind, type LimitRules } from '../spoiled/fit.ts';
import { choose, gather, type Choice, type Kinds } from '../spoiled/gather.ts';
import { KINDS, UNTOUCHED } from '../spoiled/kinds.ts';
import { withRecognizer } from '../with-recognizer.ts';
import { COVERS } from './covers.ts';
import { DEGRADED } from './kinds.ts';
import { degradedRates, type Gates } from './rates.ts';
import { degradedSvg, degradedTables, type DegradedReport } from './report.ts';

interface Options extends SpoiledOptions {
  readonly half: Choice['half'];
}

/** That of pictures from elsewhere, which visits had too before they got their own, and that of visits. */
const GATES: Readonly<Record<string, Gates>> = {
  recognition: { gate: RECOGNITION_GATE, advice: null },
  visit: { gate: VISIT_GATE, advice: ADVICE_GATE },
};

const COVERS_AND_NONE: Kinds = { [UNTOUCHED]: KINDS[UNTOUCHED]!, ...COVERS };

/** Of each cover that hides what it covers, why such a picture is refused. */
const FITTED_COVERS: readonly FittedKind[] = Object.entries(COVERS_AND_NONE).map(([name, { code }]) => [
  name,
  code,
]);

/** Settled on the people that limits are set on, by cross-validation: together about 1 in 100 untouched pictures exceed one. */
const COVER_RULES: LimitRules = { untouchedRefused: 0.004, spoiledMissed: 0.02, shrinkage: 0.1 };

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
    .option('--skip <n>', 'how many of these are passed over first', wholeNumber(0), 0)
    .addOption(modelsOption())
    .option('--json', 'print one JSON object')
    .option('--plot <file>', 'draw what becomes of each kind, .svg or .png')
    .option(
      '--fit <file>',
      'set what tells covered faces instead, from one image of each person of the first half, and write it here (in use: models/<model id>.covers.json)',
    )
    .option('--data-set <name>', 'what the table says it was made of')
    .action(async (options: Options) => {
      requireFolder(options.fit);
      if (options.fit !== undefined) return await fit(modelsDir, options, options.fit);
      requireOutputs(options);
      await printReport(options, await measure(modelsDir, options), degradedSvg, degradedTables);
    });
}

async function fit(
  modelsDir: string,
  { images: dir, people, skip, models, dataSet }: Options,
  file: string,
): Promise<void> {
  const images = choose(await listImages(dir), { half: 'first', people, skip, imagesOfEach: 1 });
  await withRecognizer(modelsDir, models, async (recognizer) => {
    const pictures = await gather(recognizer, dir, images, COVERS_AND_NONE, progress('Covering'));
    const meta = { modelId: recognizer.modelId, dataSet: dataSet ?? dir };
    const table = fitSpoiling(pictures, FITTED_COVERS, COVER_RULES, meta);
    await writeFile(file, `${JSON.stringify(table, null, 2)}\n`);
  });
}

async function measure(
  modelsDir: string,
  { images: dir, half, people, skip, models }: Options,
): Promise<DegradedReport> {
  const { references, probes } = pair(
    choose(await listImages(dir), { half, people: Infinity, imagesOfEach: 1 + PROBES }),
    { skip, people },
  );
  return await withRecognizer(modelsDir, models, async (recognizer) => {
    const untouched = { [UNTOUCHED]: KINDS[UNTOUCHED]! };
    const known = await gather(recognizer, dir, references, untouched, progress('References'));
    const seen = await gather(recognizer, dir, probes, DEGRADED, progress('Degrading'));
    const calibration = await loadCalibration(modelsDir, recognizer.modelId);
    return {
      modelId: recognizer.modelId,
      half,
      people: references.length,
      gates: Object.fromEntries(
        Object.entries(GATES).map(([name, gates]) => [name, degradedRates(known, seen, gates, calibration)]),
      ),
    };
  });
}

/** The first image of each person that has several is the reference. */
export function pair(
  images: readonly LabelledImage[],
  { skip, people }: { readonly skip: number; readonly people: number },
): { references: LabelledImage[]; probes: LabelledImage[] } {
  const several = [...Map.groupBy(images, ({ person }) => person).values()]
    .filter((own) => own.length > 1)
    .slice(skip, skip + people);
  return { references: several.map(([first]) => first!), probes: several.flatMap((own) => own.slice(1)) };
}
