import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { samples } from '../../samples/samples.ts';
import { requireType } from '../file-type.ts';
import { reportHtml } from '../html.ts';
import { wholeNumber } from '../numbers.ts';
import { writePlot } from '../plots.ts';
import { formatTables } from '../tables.ts';
import { LIGHT_LIMITATION, lightSvg, lightTables } from './report.ts';
import { HALVES, type Half } from '../halves.ts';
import { runLight } from './run.ts';

/** As many presentations of each kind as an ISO/IEC 30107-3 report wants, or everybody on the sample photographs. */
const IDENTITIES = 150;
const SAMPLES = new Set(samples.faces.map(({ person }) => person)).size;

interface Options {
  readonly images?: string;
  readonly identities?: number;
  readonly half: Half;
  readonly seed: number;
  readonly attacks: boolean;
  readonly json?: true;
  readonly plot?: string;
  readonly report?: string;
}

/** `eval light`. @param modelsDir folder of the networks in `weights/` */
export function lightCommand(modelsDir: string): Command {
  return new Command('light')
    .description('Simulate the light challenge: living people in rooms of different light, and attacks.')
    .option('--images <dir>', 'folder with one folder of images per person; default: the sample photographs')
    .option(
      '--identities <n>',
      `how many people to present; default: ${IDENTITIES}, or the ${SAMPLES} of the sample photographs`,
      wholeNumber(2),
    )
    .addOption(
      new Option('--half <half>', 'people to present: limits were settled on those for fitting')
        .choices(HALVES)
        .default(HALVES[0]),
    )
    .option('--seed <n>', 'of everything drawn at random', wholeNumber(0), 1)
    .option('--no-attacks', 'present living people only')
    .option('--json', 'print one JSON object')
    .option('--plot <file>', 'draw the error rates, .svg or .png')
    .option('--report <file>', 'write everything as one .html file')
    .action(async ({ json, plot, report: html, identities, ...options }: Options) => {
      requireType(plot, /\.(svg|png)$/i, 'A plot is an .svg or a .png file.');
      requireType(html, /\.html$/i, 'A report is an .html file.');
      const report = await runLight(modelsDir, {
        ...options,
        images: options.images,
        identities: identities ?? (options.images === undefined ? SAMPLES : IDENTITIES),
      });
      const tables = lightTables(report);
      const figure = lightSvg(report);
      if (plot !== undefined) await writePlot(plot, figure);
      if (html !== undefined) {
        const sections = [
          { table: tables.live, figures: [figure] },
          { table: tables.attacks, figures: [] },
        ];
        await writeFile(html, reportHtml('Light challenge', LIGHT_LIMITATION, [], sections));
      }
      process.stdout.write(
        json ? `${JSON.stringify(report)}\n` : `${formatTables(tables)}\n${LIGHT_LIMITATION}\n`,
      );
    });
}
