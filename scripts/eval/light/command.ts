import { Command, Option } from 'commander';
import { identitiesOf, identitiesOption } from '../identities.ts';
import { wholeNumber } from '../numbers.ts';
import { requireOutputs, writeOutputs, type Outputs } from '../outputs.ts';
import { LIGHT_LIMITATION, lightSvg, lightTables } from './report.ts';
import { HALVES, type Half } from '../halves.ts';
import { runLight } from './run.ts';

interface Options extends Outputs {
  readonly images?: string;
  readonly identities?: number;
  readonly half: Half;
  readonly seed: number;
  readonly attacks: boolean;
}

/** `eval light`. @param modelsDir folder of the networks in `weights/` */
export function lightCommand(modelsDir: string): Command {
  return new Command('light')
    .description('Simulate the light challenge: living people in rooms of different light, and attacks.')
    .option('--images <dir>', 'folder with one folder of images per person; default: the sample photographs')
    .addOption(identitiesOption())
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
    .action(async (options: Options) => {
      requireOutputs(options);
      const { images, half, seed, attacks } = options;
      const identities = identitiesOf(options);
      const report = await runLight(modelsDir, { images, identities, half, seed, attacks });
      await writeOutputs(options, {
        title: 'Light challenge',
        limitation: LIGHT_LIMITATION,
        report,
        tables: lightTables(report),
        figure: lightSvg(report),
      });
    });
}
