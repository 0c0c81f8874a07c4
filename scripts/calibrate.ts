import { writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { DESCRIPTOR_CALIBRATION, type ModelSetName } from '#contract';
import {
  atUnitLength,
  describeGroups,
  describeTable,
  fitCalibration,
  fitGroups,
  readGroups,
} from '#core/matching';
import { modelsOption } from '../main/process/models-option.ts';
import { listImages } from './eval/images.ts';
import { runCommand } from './eval/run-command.ts';
import { analyseImages } from './eval/templates.ts';
import { bringModels } from './setup/weights.ts';

interface Options {
  readonly images: string;
  readonly models: ModelSetName;
  readonly out?: string;
  readonly dataSet?: string;
  readonly descriptors?: true;
  readonly groups?: string;
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
    .option('--descriptors', 'of face-api descriptors, which an account may allow, instead of templates')
    .option(
      '--groups <csv>',
      'so that the worst group keeps each rate: a file with the header person,group or image,group',
    )
    .hook('preAction', bringModels)
    .action(calibrate),
);

async function calibrate({ images: dir, models, out, dataSet, descriptors, groups }: Options): Promise<void> {
  const images = await listImages(dir);
  const groupOf = groups === undefined ? null : await readGroups(groups);
  const described = descriptors === true;
  const analysed = await analyseImages({ weightsDir, set: models }, dir, images, { descriptor: described });
  const modelId = described ? DESCRIPTOR_CALIBRATION : analysed.modelId;
  const subjects = analysed.enrolments.flatMap(({ person, path, ...made }) => {
    const template = described ? made.descriptor && atUnitLength(made.descriptor) : made.template;
    return template ? [{ person, path, template }] : [];
  });
  const name = dataSet ?? basename(resolve(dir));
  const options = { modelId, dataSet: name, seed: 1 };
  const byGroup = groupOf && fitGroups(subjects, groupOf, options);
  if (byGroup) process.stderr.write(`${describeGroups(byGroup)}\n`);
  const table = byGroup?.table ?? fitCalibration(subjects, options);
  const json = `${JSON.stringify(table, null, 2)}\n`;
  if (out === undefined) {
    process.stdout.write(json);
    return;
  }
  await writeFile(out, json);
  process.stdout.write(`${describeTable(table)}\n`);
}
