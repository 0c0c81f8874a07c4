import { writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { CalibrationTable, ModelSetName } from '#contract';
import { fitCalibration } from '#core/matching';
import { modelsOption } from '../main/models-option.ts';
import { listImages } from './eval/images.ts';
import { runCommand } from './eval/run-command.ts';
import { analyseImages } from './eval/templates.ts';
import { bringModels } from './setup/weights.ts';

interface Options {
  readonly images: string;
  readonly models: ModelSetName;
  readonly out?: string;
  readonly dataSet?: string;
}

const weightsDir = fileURLToPath(new URL('../models/weights', import.meta.url));

await runCommand(
  new Command('calibrate')
    .description('Measure what similarity means: the false match rate at each, from images of many people.')
    .requiredOption('--images <dir>', 'folder with one folder of images per person, at least 100 people')
    .addOption(modelsOption())
    .option(
      '--out <file>',
      'write the table here (in use: models/<model id>.calibration.json) instead of printing it',
    )
    .option('--data-set <name>', 'what the table calls the images (default: the name of the folder)')
    .hook('preAction', bringModels)
    .action(calibrate),
);

async function calibrate({ images: dir, models, out, dataSet }: Options): Promise<void> {
  const images = await listImages(dir);
  const { modelId, enrolments } = await analyseImages({ weightsDir, set: models }, dir, images);
  const subjects = enrolments.flatMap(({ person, template }) => (template ? [{ person, template }] : []));
  const table = fitCalibration(subjects, { modelId, dataSet: dataSet ?? basename(resolve(dir)), seed: 1 });
  const json = `${JSON.stringify(table, null, 2)}\n`;
  if (out === undefined) {
    process.stdout.write(json);
    return;
  }
  await writeFile(out, json);
  process.stdout.write(describe(table));
}

function describe({ points, people, comparisons, leastRate }: CalibrationTable): string {
  return [
    `${comparisons.toLocaleString('en')} comparisons of ${people.toLocaleString('en')} people`,
    `Least rate the data can speak of: ${leastRate.byComparisons.toExponential(1)} by comparisons, ${leastRate.byPairsOfPeople.toExponential(1)} by pairs of people`,
    'False match rate  Similarity  95 % interval',
    ...points.map(
      ({ falseMatchRate, similarity, interval, extrapolated }) =>
        `${falseMatchRate.toExponential(0).padEnd(16)}  ${similarity.toFixed(4).padEnd(10)}  ${interval.map((s) => s.toFixed(4)).join(' to ')}${extrapolated ? '  extrapolated' : ''}`,
    ),
    '',
  ].join('\n');
}
