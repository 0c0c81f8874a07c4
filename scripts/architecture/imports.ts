import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';
import packageJson from '../../package.json' with { type: 'json' };

/** One file of the product imports another, for values or types. Paths are relative to the project, with `/`. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** The folders that make up the product, lowest first: a folder may import those before it. */
export const FLOORS = ['contract', 'core', 'client', 'preload', 'renderer', 'main', 'server'] as const;

/** Every import between files of the product. Tests, suites and files that only tests use are left out. */
export function productImports(root: string): Import[] {
  const files = globSync(`{${FLOORS.join(',')}}/**/*.{ts,tsx}`, { cwd: root })
    .filter(isProduct)
    .toSorted();
  return files.flatMap((from) =>
    importsOf(join(root, from), readFileSync(join(root, from), 'utf8')).flatMap((specifier) => {
      const to = resolve(from, specifier);
      return to === null ? [] : [{ from, to }];
    }),
  );
}

const isProduct = (file: string): boolean => !/(\.test|-suite[a-z-]*|\.d)\.tsx?$|\/testing\//.test(file);

/** What a file imports or exports again, as it is written. */
function importsOf(name: string, text: string): string[] {
  const { module } = parseSync(name, text);
  const again = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
  );
  return [...new Set([...module.staticImports.map(({ moduleRequest }) => moduleRequest.value), ...again])];
}

/** The file that a specifier names; null for packages. */
function resolve(from: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return join(dirname(from), specifier);
  const alias = Object.entries<string>(packageJson.imports).find(([key]) =>
    key.endsWith('*') ? specifier.startsWith(key.slice(0, -1)) : specifier === key,
  );
  if (!alias) return null;
  const [key, target] = alias;
  return join(target.replace('*', specifier.slice(key.length - 1)));
}
