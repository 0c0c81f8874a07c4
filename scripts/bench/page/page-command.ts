import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { measurePeers, measureStages } from './pipeline.ts';
import { measureSearch } from './search.ts';
import { measuredNow, Section } from './section.ts';
import { measureServer, measureStart } from './server.ts';

const NAMES = ['stages', 'peers', 'search', 'start', 'server'] as const;
type Name = (typeof NAMES)[number];

/** What a command of its own measures; its section comes last. */
const MEASURED_APART = ['postgres'] as const;

export interface PageFolders {
  readonly models: string;
  readonly peers: string;
  /** Where measurements are kept until the page is written again. */
  readonly results: string;
  readonly docs: string;
}

/** The `page` command, also without its name: everything on one page, printed and written to `docs/performance.md`. */
export function pageCommand(folders: PageFolders): Command {
  return new Command('page')
    .description('Measure everything on one page, and write docs/performance.md. About ten minutes.')
    .addOption(
      new Option('--only <names...>', 'measure these, and take the rest from the last time').choices(NAMES),
    )
    .option('--probes <number>', 'of each size of index', Number, 1000)
    .option('--sizes <numbers...>', 'of the indexes', [10_000, 100_000, 500_000].map(String))
    .option('--faces <number>', 'of the server', Number, 100_000)
    .option('--start-faces <number>', 'of the appliance that starts', Number, 50_000)
    .option('--seconds <number>', 'of load', Number, 20)
    .option('--dry-run', 'print the page and write nothing to docs/')
    .action(async (options: PageOptions) => {
      const measures = measuresOf(folders, options);
      await mkdir(folders.results, { recursive: true });
      for (const name of options.only ?? NAMES) {
        process.stderr.write(`${name} …\n`);
        const section = { ...(await measures[name]()), measured: measuredNow() };
        await writeFile(join(folders.results, `${name}.json`), JSON.stringify(section));
      }
      const page = await compose(folders, options.dryRun === undefined);
      process.stdout.write(page);
    });
}

interface PageOptions {
  readonly only?: readonly Name[];
  readonly probes: number;
  readonly sizes: readonly string[];
  readonly faces: number;
  readonly startFaces: number;
  readonly seconds: number;
  readonly dryRun?: true;
}

function measuresOf(
  { models, peers, results }: PageFolders,
  { probes, sizes, faces, startFaces, seconds }: PageOptions,
): Record<Name, () => Promise<Omit<Section, 'measured'>>> {
  const [weights, photos] = [join(models, 'weights'), join(results, 'photos')];
  return {
    stages: () => measureStages(weights, photos),
    peers: () => measurePeers(weights, peers, photos),
    search: () => measureSearch(peers, sizes.map(Number), probes),
    start: () => measureStart(models, startFaces),
    server: () => measureServer(models, { faces, seconds, clients: 4 }),
  };
}

/** The page of all sections that were measured, now or before. */
async function compose({ results, docs }: PageFolders, writes: boolean): Promise<string> {
  const sections: Section[] = [];
  for (const name of [...NAMES, ...MEASURED_APART]) {
    const text = await readFile(join(results, `${name}.json`), 'utf8').catch(() => null);
    if (text !== null) sections.push(Section.parse(JSON.parse(text)));
  }
  const page = [
    '# Performance',
    '',
    'Written by `npm run bench`.',
    'Milliseconds depend on the machine and on what else runs there; what stands side by side was measured in one run.',
    '',
    ...sections.flatMap(({ title, measured, markdown, charts }) => [
      `## ${title}`,
      '',
      markdown,
      '',
      ...charts.flatMap((chart) => [`![${chart.title}](performance/${chart.name}.svg)`, '']),
      `_Measured ${measured}._`,
      '',
    ]),
  ].join('\n');
  if (writes) {
    await mkdir(join(docs, 'performance'), { recursive: true });
    for (const { name, svg } of sections.flatMap(({ charts }) => charts)) {
      await writeFile(join(docs, 'performance', `${name}.svg`), svg);
    }
    await writeFile(join(docs, 'performance.md'), page);
  }
  return page;
}
