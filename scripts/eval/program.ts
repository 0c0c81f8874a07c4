import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { LintelError } from '#contract';
import { createRecognizer } from '#core/recognition';
import { makeCalibrationTable } from './calibrate.ts';
import { compareAll, comparePairs, type Subject } from './compare.ts';
import { detSvg, writePlot } from './det-plot.ts';
import { listImages, readPairs } from './images.ts';
import { Rates } from './metrics.ts';
import { progress } from './progress.ts';
import { formatReport, makeReport } from './report.ts';
import { enrolAll, type Enrolment } from './templates.ts';

interface Options {
  readonly images: string;
  readonly pairs?: string;
  readonly json?: true;
  readonly plot?: string;
  readonly calibration?: string;
  readonly dataSet?: string;
}

/** The `eval` command. @param weightsDir folder of the networks */
export function program(weightsDir: string): Command {
  return new Command('eval')
    .description('Measure how well people are told apart.')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .requiredOption('--images <dir>', 'folder with one folder of images per person')
    .option('--pairs <csv>', 'compare these pairs: header a,b,same, paths relative to the folder')
    .addOption(
      new Option('--all-pairs', 'compare each image with each other (the default)').conflicts('pairs'),
    )
    .option('--json', 'print one JSON object')
    .option('--plot <file>', 'draw the detection error trade-off, .svg or .png')
    .option('--calibration <file>', 'write a calibration table')
    .option('--data-set <name>', 'what the calibration table calls the images')
    .action(async (options: Options) => {
      if (options.plot !== undefined && !/\.(svg|png)$/i.test(options.plot)) {
        throw new LintelError('usage', 'A plot is an .svg or a .png file.');
      }
      await evaluate(weightsDir, options);
    });
}

async function evaluate(weightsDir: string, options: Options): Promise<void> {
  const images = await listImages(options.images);
  const pairs = options.pairs === undefined ? null : await readPairs(options.pairs, images);

  const recognizer = await createRecognizer({ weightsDir, workers: availableParallelism() });
  let enrolments: Enrolment[];
  try {
    const tell = progress('Analysing images');
    enrolments = await enrolAll(recognizer, options.images, images, (done) => tell(done / images.length));
  } finally {
    await recognizer.close();
  }
  for (const { path, failure } of enrolments) {
    if (failure !== null) process.stderr.write(`${path}: ${failure}\n`);
  }

  const subjects = enrolments.filter((e): e is typeof e & Subject => e.template !== null);
  const comparisons = pairs ? comparePairs(subjects, pairs) : compareAll(subjects, progress('Comparing'));
  if (comparisons.genuine.total === 0 || comparisons.impostor.total === 0) {
    throw new LintelError('usage', 'Both pairs of one person and pairs of different people are needed.');
  }

  const report = makeReport(recognizer.modelId, enrolments, comparisons);
  const rates = new Rates(comparisons.genuine, comparisons.impostor);
  if (options.plot !== undefined) {
    await writePlot(options.plot, detSvg(`Detection error trade-off, ${recognizer.modelId}`, rates.curve()));
  }
  if (options.calibration !== undefined) {
    const table = makeCalibrationTable(rates, {
      modelId: recognizer.modelId,
      dataSet: options.dataSet ?? basename(resolve(options.images)),
      people: report.people,
      comparisons: report.impostorComparisons,
    });
    await writeFile(options.calibration, `${JSON.stringify(table, null, 2)}\n`);
  }
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : formatReport(report));
}
