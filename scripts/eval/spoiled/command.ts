import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { ModelSetName } from '#contract';
import { loadCalibration } from '#core/matching';
import { modelsOption } from '../../../main/process/models-option.ts';
import { requireFolder } from '../file-type.ts';
import { listImages } from '../images.ts';
import { wholeNumber } from '../numbers.ts';
import { printReport, requireOutputs } from '../outputs.ts';
import { progress } from '../progress.ts';
import { withRecognizer } from '../with-recognizer.ts';
import { FIT_RULES, fitSpoiling, fittedKinds } from './fit.ts';
import { choose, gather, type Choice, type Kinds, type SpoiledPicture } from './gather.ts';
import { KINDS } from './kinds.ts';
import { ratesByKind } from './rates.ts';
import { spoiledSvg, spoiledTables, type SpoiledReport } from './report.ts';

export interface SpoiledOptions {
  readonly images: string;
  readonly people: number;
  readonly skip: number;
  readonly models: ModelSetName;
  readonly json?: true;
  readonly plot?: string;
  readonly fit?: string;
  readonly dataSet?: string;
}

/** `eval spoiled`. @param modelsDir folder of the calibration and spoiling tables, and of the networks in `weights/` */
export function spoiledCommand(modelsDir: string): Command {
  return new Command('spoiled')
    .description(
      'Spoil pictures (turned, blurred, covered and more) and measure what confidence still promises. Limits are set on the first half of the people (--fit), rates are of the second.',
    )
    .requiredOption('--images <dir>', 'folder with one folder of images per person')
    .option('--people <n>', 'how many people of the half at most', wholeNumber(1), 500)
    .option('--skip <n>', 'how many people of the half are passed over first', wholeNumber(0), 0)
    .addOption(modelsOption())
    .option('--json', 'print one JSON object')
    .option('--plot <file>', 'draw the false match rates, .svg or .png')
    .option(
      '--fit <file>',
      'set the limits instead, and write them here (in use: models/<model id>.spoiling.json)',
    )
    .option('--data-set <name>', 'what the table says it was made of')
    .action(async (options: SpoiledOptions) => {
      requireOutputs(options);
      requireFolder(options.fit);
      if (options.fit === undefined) await check(modelsDir, options);
      else await fit(modelsDir, options, options.fit);
    });
}

async function check(modelsDir: string, options: SpoiledOptions): Promise<void> {
  const { modelId, pictures } = await spoil(modelsDir, options, { half: 'second', imagesOfEach: 2 }, KINDS);
  const report: SpoiledReport = {
    modelId,
    people: new Set(pictures.map(({ person }) => person)).size,
    images: new Set(pictures.map(({ path }) => path)).size,
    kinds: ratesByKind(pictures, await loadCalibration(modelsDir, modelId)),
  };
  await printReport(options, report, spoiledSvg, spoiledTables);
}

async function fit(modelsDir: string, options: SpoiledOptions, file: string): Promise<void> {
  const rules = FIT_RULES[options.models];
  const kinds = Object.fromEntries(fittedKinds(rules).map(([name]) => [name, KINDS[name]!]));
  const { modelId, pictures } = await spoil(modelsDir, options, { half: 'first', imagesOfEach: 1 }, kinds);
  const table = fitSpoiling(pictures, fittedKinds(rules), rules, {
    modelId,
    dataSet: options.dataSet ?? options.images,
  });
  await writeFile(file, `${JSON.stringify(table, null, 2)}\n`);
}

async function spoil(
  modelsDir: string,
  { images: dir, people, skip, models }: SpoiledOptions,
  choice: Pick<Choice, 'half' | 'imagesOfEach'>,
  kinds: Kinds,
): Promise<{ modelId: string; pictures: SpoiledPicture[] }> {
  const images = choose(await listImages(dir), { ...choice, people, skip });
  return await withRecognizer(modelsDir, models, async (recognizer) => {
    const pictures = await gather(recognizer, dir, images, kinds, progress('Spoiling'));
    return { modelId: recognizer.modelId, pictures };
  });
}
