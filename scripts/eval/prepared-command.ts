import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import type { ModelSetName } from '#contract';
import { modelsOption } from '../../main/process/models-option.ts';
import { listImages } from './images.ts';
import { comparePrepared } from './prepared.ts';
import { progress } from './progress.ts';

const IMAGES = 500;

/** `eval prepared`. @param modelsDir folder of the networks, in `weights/` */
export function preparedCommand(modelsDir: string): Command {
  return new Command('prepared')
    .description(`Compare the prepared networks with the published ones on ${IMAGES} images.`)
    .requiredOption('--images <dir>', 'folder with one folder of images per person')
    .addOption(modelsOption())
    .action(async ({ images: dir, models }: { images: string; models: ModelSetName }) => {
      const all = await listImages(dir);
      const step = Math.max(1, Math.floor(all.length / IMAGES));
      const chosen = all.filter((_, i) => i % step === 0).slice(0, IMAGES);
      const tell = progress('Comparing');
      const agreement = await comparePrepared(
        join(modelsDir, 'weights'),
        models,
        chosen.map(
          ({ path }) =>
            () =>
              readFile(join(dir, path)),
        ),
        (done) => tell(done / chosen.length),
      );
      process.stdout.write(`${JSON.stringify(agreement, null, 2)}\n`);
    });
}
