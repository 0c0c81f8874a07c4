import { join } from 'node:path';
import { Command } from 'commander';
import { LintelError, type ModelSetName } from '#contract';
import { loadCalibration, seeded } from '#core/matching';
import { modelsOption } from '../../../main/process/models-option.ts';
import { listImages } from '../images.ts';
import { wholeNumber } from '../numbers.ts';
import { printReport, requireOutputs } from '../outputs.ts';
import { progress } from '../progress.ts';
import { Similarities } from '../similarities.ts';
import { analyseImages } from '../templates.ts';
import { ratesByReferences } from './rates.ts';
import { referenceSvg, referenceTables, type ReferenceReport } from './report.ts';

interface Options {
  readonly images: string;
  readonly models: ModelSetName;
  readonly people: number;
  readonly most: number;
  readonly draws: number;
  readonly seed: number;
  readonly json?: true;
  readonly plot?: string;
}

/** `eval references`. @param modelsDir folder of the calibration tables, and of the networks in `weights/` */
export function referencesCommand(modelsDir: string): Command {
  return new Command('references')
    .description('Measure how many enrolled people are not recognised, by how many references each has.')
    .requiredOption('--images <dir>', 'folder with one folder of images per person')
    .addOption(modelsOption())
    .option('--people <n>', 'how many people are enrolled', wholeNumber(2), 1000)
    .option('--most <n>', 'references of each person, from one to so many', wholeNumber(1), 3)
    .option('--draws <n>', 'how many galleries are drawn', wholeNumber(1), 10)
    .option('--seed <n>', 'of everything drawn at random', wholeNumber(0), 1)
    .option('--json', 'print one JSON object')
    .option('--plot <file>', 'draw the rates, .svg or .png')
    .action(async (options: Options) => {
      requireOutputs(options);
      await printReport(options, await measure(modelsDir, options), referenceSvg, referenceTables);
    });
}

async function measure(
  modelsDir: string,
  { images: dir, models, people: size, most, draws, seed }: Options,
): Promise<ReferenceReport> {
  const networks = { weightsDir: join(modelsDir, 'weights'), set: models };
  const { modelId, enrolments } = await analyseImages(networks, dir, await listImages(dir));
  const found = enrolments.flatMap(({ person, template }) => (template ? [{ person, template }] : []));
  const similarities = new Similarities(
    found.map(({ template }) => template),
    progress('Comparing'),
  );
  const labelled = {
    people: found.map(({ person }) => person),
    at: (i: number, j: number): number => similarities.at(i, j),
  };
  const asked = { people: size, references: Array.from({ length: most }, (_, i) => i + 1), draws };
  const calibration = await loadCalibration(modelsDir, modelId);
  try {
    const rates = ratesByReferences(labelled, calibration, asked, seeded(seed));
    return { modelId, seed, draws, size, rates };
  } catch (error) {
    if (error instanceof RangeError) throw new LintelError('usage', error.message, { cause: error });
    throw error;
  }
}
