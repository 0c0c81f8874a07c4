import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { LintelError, type ModelSetName } from '#contract';
import { modelsOption } from '../../main/process/models-option.ts';
import { attacksCommand } from './attacks/command.ts';
import { clipsCommand } from './clips-command.ts';
import { degradedCommand } from './degraded/command.ts';
import { spoiledCommand } from './spoiled/command.ts';
import { evaluate, type Evaluation } from './evaluate.ts';
import { CONDITIONS, type Condition } from './groups.ts';
import { reportHtml } from './html.ts';
import { preparedCommand } from './prepared-command.ts';
import { referencesCommand } from './references/command.ts';
import { Rates } from './metrics.ts';
import { requireOutputs, type Outputs } from './outputs.ts';
import { calibrationSvg, detSvg, errorRejectSvg, identificationSvg, scoresSvg, writePlot } from './plots.ts';
import type { Report } from './report.ts';
import { lightCommand } from './light/command.ts';
import { formatTables, makeTables } from './tables.ts';

interface Options extends Outputs {
  readonly images?: string;
  readonly models: ModelSetName;
  readonly pairs?: string;
  readonly groups?: string;
  readonly groupBy?: Condition;
}

/** The `eval` command. @param modelsDir folder of the calibration tables, and of the networks in `weights/` */
export function program(modelsDir: string): Command {
  return (
    new Command('eval')
      .description('Measure how well people are told apart.')
      // What follows the name of a command is that command's: both know --images.
      .enablePositionalOptions()
      .addCommand(attacksCommand(modelsDir))
      .addCommand(clipsCommand(modelsDir))
      .addCommand(lightCommand(modelsDir))
      .addCommand(spoiledCommand(modelsDir))
      .addCommand(degradedCommand(modelsDir))
      .addCommand(preparedCommand(modelsDir))
      .addCommand(referencesCommand(modelsDir))
      .option('--images <dir>', 'folder with one folder of images per person')
      .option('--pairs <csv>', 'compare these pairs: header a,b,same, paths relative to the folder')
      .addOption(
        new Option('--all-pairs', 'compare each image with each other (the default)').conflicts('pairs'),
      )
      .addOption(
        new Option(
          '--groups <csv>',
          'compare the groups of this file: header person,group or image,group; default: groups.csv of the folder',
        ).conflicts(['pairs', 'groupBy']),
      )
      .addOption(
        new Option('--group-by <condition>', 'compare thirds of the images by a measured condition')
          .choices(Object.keys(CONDITIONS))
          .conflicts('pairs'),
      )
      .addOption(modelsOption())
      .option('--json', 'print one JSON object')
      .option('--plot <file>', 'draw the detection error trade-off, .svg or .png')
      .option('--report <file>', 'write everything with plots as one .html file')
      .action(async (options: Options) => {
        const { images, models, pairs, groups, groupBy, json, plot, report: html } = options;
        if (images === undefined) throw new LintelError('usage', 'The option --images <dir> is needed.');
        requireOutputs(options);
        const evaluation = await evaluate({ modelsDir, set: models }, images, { pairs, groups, groupBy });
        const { report } = evaluation;
        if (plot !== undefined) await writePlot(plot, det(evaluation));
        if (html !== undefined) await writeFile(html, toHtml(evaluation));
        process.stdout.write(json ? `${JSON.stringify(report)}\n` : formatTables(makeTables(report)));
      })
  );
}

const det = ({ report, comparisons: { genuine, impostor } }: Evaluation): string =>
  detSvg(`Detection error trade-off, ${report.modelId}`, new Rates(genuine, impostor).curve());

function toHtml(evaluation: Evaluation): string {
  const { report, comparisons } = evaluation;
  const { allPairs } = report;
  const figures: Record<string, readonly string[]> = {
    summary: [det(evaluation), scoresSvg(comparisons.genuine, comparisons.impostor)],
    identification: allPairs?.identification ? [identificationSvg(allPairs.identification)] : [],
    calibration: allPairs?.calibrationCheck ? [calibrationSvg(allPairs.calibrationCheck.promises)] : [],
    errorReject: allPairs?.errorReject ? [errorRejectSvg(allPairs.errorReject.points)] : [],
  };
  return reportHtml(
    'Face recognition evaluation',
    `${report.images.toLocaleString('en')} images of ${report.people.toLocaleString('en')} people, ${report.modelId}`,
    keyNumbers(report),
    Object.entries(makeTables(report)).map(([name, table]) => ({ table, figures: figures[name] ?? [] })),
  );
}

/** What to see first: the lowest rate that the data supports, and the largest gallery. */
function keyNumbers(report: Report): [string, string][] {
  const point = report.operatingPoints.findLast(({ far }) => far >= 1e-4);
  const largest = report.allPairs?.identification?.at(-1);
  return [
    ...(point ? [[`TAR at FAR ${point.far.toExponential(0)}`, percent(point.tar)] as [string, string]] : []),
    ['Equal error rate', percent(report.equalError.rate)],
    ...(largest
      ? [
          [
            `FNIR, ${largest.gallerySize.toLocaleString('en')} enrolled`,
            percent(largest.falseNegative.rate),
          ] as [string, string],
        ]
      : []),
    ['Time per image', `${report.milliseconds.total.toFixed(0)} ms`],
  ];
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
